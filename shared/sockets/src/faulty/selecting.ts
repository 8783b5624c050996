import { EPOLLRDHUP, type EpollEvents } from '../epoll-events.ts'
import { EAGAIN, EBADF, EEXIST, EINTR, EINVAL, ENOENT } from '../errors.ts'
import {
  EV_ADD,
  EV_DELETE,
  EV_EOF,
  EV_ERROR,
  EVFILT_READ,
  EVFILT_WRITE,
  type KEvents,
} from '../kevents.ts'
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, type PollFds } from '../poll-fds.ts'
import type { Epoll, Kqueue } from '../syscalls.ts'
import type { Calls } from './calls.ts'
import { Poller, type Descriptors } from './descriptors.ts'
import type { World } from './world.ts'

/** Edge-triggered and such: bits of epoll that the faulty network does not have. */
const EPOLL_MODES = ~(POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLRDHUP)

/** What somebody waits for on one descriptor, and what of it is ready. */
interface Interest {
  readonly fd: number
  readonly events: number
  ready: number
}

/** poll, epoll and kqueue over the sockets in memory. Epoll and kqueue are level-triggered. */
export class Selecting {
  readonly #world: World
  readonly #calls: Calls
  readonly #descriptors: Descriptors

  constructor(world: World, calls: Calls, descriptors: Descriptors) {
    this.#world = world
    this.#calls = calls
    this.#descriptors = descriptors
  }

  poll(fds: PollFds, timeoutMs: number): number {
    this.#calls.enter('poll')
    const list: Interest[] = []
    for (let i = 0; i < fds.length; i++) {
      list.push({ fd: fds.fd(i), events: fds.events(i), ready: 0 })
    }
    const count = this.#select('poll', list, timeoutMs)
    list.forEach((entry, i) => fds.setRevents(i, entry.ready))
    return count
  }

  readonly epoll: Epoll = {
    create: () => {
      this.#calls.enter('epoll_create1')
      return this.#descriptors.open(new Poller())
    },

    ctl: (epfd, operation, fd, events) => {
      this.#calls.enter('epoll_ctl')
      const poller = this.#descriptors.poller(epfd)
      if (!poller || !this.#descriptors.socket(fd)) return EBADF
      if (events & EPOLL_MODES) return EINVAL
      if (poller.interests.has(fd) === (operation === 'add')) {
        return operation === 'add' ? EEXIST : ENOENT
      }
      if (operation === 'delete') poller.interests.delete(fd)
      else poller.interests.set(fd, events)
      return 0
    },

    wait: (epfd: number, events: EpollEvents, timeoutMs: number) => {
      this.#calls.enter('epoll_wait')
      const poller = this.#descriptors.poller(epfd)
      if (!poller) return EBADF
      const list = this.#interests(poller)
      const count = this.#select('epoll_wait', list, timeoutMs)
      if (count <= 0) return count
      const ready = list.filter((entry) => entry.ready).slice(0, events.capacity)
      ready.forEach((entry, i) => events.set(i, entry.fd, entry.ready))
      return ready.length
    },
  }

  readonly kqueue: Kqueue = {
    create: () => {
      this.#calls.enter('kqueue')
      return this.#descriptors.open(new Poller())
    },

    kevent: (kq: number, changes: KEvents, events: KEvents, timeoutMs: number) => {
      this.#calls.enter('kevent')
      const poller = this.#descriptors.poller(kq)
      if (!poller) return EBADF
      const failed = this.#change(poller, changes, events)
      if (failed > 0) return failed
      const list = this.#interests(poller)
      const count = this.#select('kevent', list, timeoutMs)
      return count <= 0 ? count : this.#report(list, events)
    },
  }

  /** Waits until something in the list is ready, notes it there, and returns how many are. */
  #select(call: string, list: Interest[], timeoutMs: number): number {
    const interrupted = this.#world.fairFault('interrupt')
    if (interrupted && this.#world.chance(0.5)) return EINTR
    const wrong = this.#world.fairFault('spurious')
      ? list[this.#world.between(0, list.length - 1)]
      : undefined
    const limit = timeoutMs < 0 ? Infinity : timeoutMs
    const count = this.#calls.wait(`${call} on ${list.length} sockets`, limit, interrupted, () => {
      let ready = 0
      for (const entry of list) {
        entry.ready = this.#readiness(entry)
        if (entry === wrong) entry.ready |= this.#wrongReadiness(entry)
        if (entry.ready) ready++
      }
      return ready || EAGAIN
    })
    return count === EAGAIN ? 0 : count
  }

  #readiness({ fd, events }: Interest): number {
    if (fd < 0) return 0
    const socket = this.#descriptors.socket(fd)
    return socket ? socket.readiness & (events | POLLERR | POLLHUP) : POLLNVAL
  }

  /** The readiness that turns out to be none: harmless where the next call just says EAGAIN. */
  #wrongReadiness({ fd, events }: Interest): number {
    const socket = this.#descriptors.socket(fd)
    if (!socket?.nonBlocking || !(socket.end || socket.queue)) return 0
    return events & (socket.end ? POLLIN | POLLOUT : POLLIN)
  }

  /** What a poller watches, beginning anywhere: no order can be relied on. */
  #interests(poller: Poller): Interest[] {
    const list = [...poller.interests].map(([fd, events]) => ({ fd, events, ready: 0 }))
    const start = this.#world.between(0, list.length)
    return [...list.slice(start), ...list.slice(0, start)]
  }

  /** Makes the changes to a kqueue; those that fail become events. */
  #change(poller: Poller, changes: KEvents, events: KEvents): number {
    let failed = 0
    for (let i = 0; i < changes.length; i++) {
      const fd = changes.fd(i)
      const filter = changes.filter(i)
      const before = poller.interests.get(fd) ?? 0
      const bit = filter === EVFILT_READ ? POLLIN : POLLOUT
      const deletes = (changes.flags(i) & EV_DELETE) !== 0
      const unknown = !this.#descriptors.socket(fd)
      const error = unknown ? EBADF : deletes && !(before & bit) ? ENOENT : 0
      if (error) {
        if (failed === events.capacity) return error
        events.set(failed++, fd, filter, EV_ERROR, -error)
        continue
      }
      const after = deletes ? before & ~bit : before | bit
      if (after) poller.interests.set(fd, after)
      else poller.interests.delete(fd)
    }
    return failed
  }

  /** Writes what is ready as kevents: one for reading and one for writing. */
  #report(list: Interest[], events: KEvents): number {
    let count = 0
    const report = (fd: number, filter: number, over: boolean, data: number) => {
      if (count === events.capacity) return
      events.set(count++, fd, filter, over ? EV_ADD | EV_EOF : EV_ADD, data)
    }
    for (const { fd, events: wanted, ready } of list) {
      const socket = this.#descriptors.socket(fd)
      if (!socket || !ready) continue
      const { end, queue } = socket
      const over = (ready & (POLLHUP | POLLERR)) !== 0
      const reads = (wanted & POLLIN) !== 0 && (over || (ready & POLLIN) !== 0)
      const writes = (wanted & POLLOUT) !== 0 && (over || (ready & POLLOUT) !== 0)
      const toRead = end?.unread ?? queue?.length ?? 0
      if (reads) report(fd, EVFILT_READ, over || (end?.ended ?? false), toRead)
      if (writes) report(fd, EVFILT_WRITE, over, end?.room ?? 0)
    }
    return count
  }
}
