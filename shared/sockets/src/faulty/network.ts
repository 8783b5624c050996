import { checkAddress, type Address } from '../address.ts'
import { EPOLLRDHUP, type EpollEvents } from '../epoll-events.ts'
import {
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAGAIN,
  EALREADY,
  EBADF,
  ECONNABORTED,
  ECONNREFUSED,
  EEXIST,
  EINPROGRESS,
  EINTR,
  EINVAL,
  EISCONN,
  EMFILE,
  ENOENT,
  ENOTCONN,
  EPIPE,
  SystemError,
} from '../errors.ts'
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
import type { Epoll, Kqueue, SettableOption, SocketOption, Syscalls } from '../syscalls.ts'
import { Poller, Socket } from './descriptors.ts'
import { Peer, type PeerScript } from './peer.ts'
import { TcpEnd } from './tcp-end.ts'
import { World, type FaultyOptions } from './world.ts'

/** What a call takes on the network's clock, in milliseconds: time passes for who spins, too. */
const CALL_MS = 0.01
const FIRST_FREE_PORT = 49_152
/** 0, 1 and 2 are the standard streams. */
const FIRST_FD = 3
/** Bits that say how the descriptor is to be watched, which level-triggered readiness has no use for. */
const EPOLL_MODES = ~(POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLRDHUP)

/** What somebody waits for on one descriptor, and what of it is ready. */
interface Interest {
  readonly fd: number
  readonly events: number
  ready: number
}

/** Whoever takes the connections to one port. */
type Listener = (end: TcpEnd) => void

/**
 * The calls of `Syscalls` over a network in memory where things go wrong: see `faultySyscalls`.
 *
 * Nothing runs beside the program: the other sides are callbacks that are run by the program's own
 * calls. Time is the network's own. A call takes a hundredth of a millisecond, and one that waits
 * moves the clock to the next thing that happens, so even an hour is over at once.
 */
export class FaultyNetwork implements Syscalls {
  readonly #world: World
  readonly #descriptors = new Map<number, Socket | Poller>()
  readonly #listeners = new Map<number, Listener>()
  /** Peers that wait until somebody listens on their port. */
  readonly #waiting = new Map<number, Peer[]>()
  #nextPort = FIRST_FREE_PORT
  #happened = 0
  #idleCalls = 0

  constructor(seed: number, options: FaultyOptions = {}) {
    this.#world = new World(seed, options)
  }

  // The other side of the network.

  /** Connects a scripted client to `port`: as soon as somebody listens there. */
  connectPeer(port: number, script: PeerScript): Peer {
    const peer = new Peer(script)
    if (this.#listeners.has(port)) this.#dialPeer(port, peer)
    else this.#waiting.set(port, [...(this.#waiting.get(port) ?? []), peer])
    return peer
  }

  /**
   * Listens on `port` (0 for a free one); `script` makes the callbacks of each connection.
   * Returns the port.
   */
  listenPeer(port: number, script: () => PeerScript): number {
    const chosen = port || this.#freePort()
    if (this.#listeners.has(chosen)) throw new Error(`somebody listens on port ${chosen} already`)
    this.#startListening(chosen, (end) => new Peer(script()).connected(end))
    return chosen
  }

  /** Runs `callback` once `ms` milliseconds of the network's clock are over. */
  after(ms: number, callback: () => void): void {
    this.#world.timeline.plan(this.#world.timeline.now + ms, callback)
  }

  /** Nobody listens any more: accept returns EINVAL from now on. The way to end a server's loop. */
  closeListeners(): void {
    for (const descriptor of this.#descriptors.values()) {
      if (descriptor instanceof Socket) this.#stopListening(descriptor)
    }
    this.#listeners.clear()
  }

  // The calls.

  socket(): number {
    this.#enter('socket')
    return this.#open(new Socket())
  }

  bind(fd: number, address: Address): number {
    this.#enter('bind')
    const { host, port } = checkAddress(address)
    const socket = this.#socket(fd)
    if (!socket) return EBADF
    if (socket.local) return EINVAL
    if (!host.startsWith('127.') && host !== '0.0.0.0') return EADDRNOTAVAIL
    if (port !== 0 && this.#isTaken(port)) return EADDRINUSE
    socket.local = { host, port: port || this.#freePort() }
    return 0
  }

  listen(fd: number, _backlog: number): number {
    this.#enter('listen')
    const socket = this.#socket(fd)
    if (!socket) return EBADF
    if (socket.end || socket.connecting) return EINVAL
    socket.local ??= { host: '0.0.0.0', port: this.#freePort() }
    const queue = (socket.queue ??= [])
    socket.shut = false
    this.#startListening(socket.local.port, (end) => queue.push(end))
    return 0
  }

  accept(fd: number): number {
    this.#enter('accept')
    const socket = this.#socket(fd)
    if (!socket) return EBADF
    const { queue } = socket
    if (!queue) return EINVAL
    return this.#mayBlock(`accept on fd ${fd}`, socket, this.#receiveTimeout(socket), () => {
      if (socket.shut) return EINVAL
      if (queue.length === 0) return EAGAIN
      if (this.#world.fairFault('tooManyFiles')) return EMFILE
      // A connection that was reset while it waited: Linux hands it over all the same.
      if (queue[0]!.broken && this.#world.chance(0.5)) {
        queue.shift()
        return ECONNABORTED
      }
      const accepted = new Socket()
      const accept = this.#open(accepted)
      if (accept < 0) return accept
      accepted.end = queue.shift()!
      accepted.local = accepted.end.local
      // As on macOS, or as on Linux: a program that cares sets what it needs.
      accepted.nonBlocking = socket.nonBlocking && this.#world.chance(0.5)
      return accept
    })
  }

  connect(fd: number, address: Address): number {
    this.#enter('connect')
    const { port } = checkAddress(address)
    const socket = this.#socket(fd)
    if (!socket) return EBADF
    if (socket.queue || socket.announced) return EISCONN
    if (!socket.end) {
      if (socket.connecting && socket.nonBlocking) return EALREADY
      if (!socket.connecting) this.#startConnecting(socket, port)
      if (socket.nonBlocking && !this.#world.fault('instantConnect')) return EINPROGRESS
    }
    const interrupted =
      !socket.nonBlocking && this.#world.fairFault('interrupt')
    return this.#wait(`connect on fd ${fd}`, Infinity, interrupted, () => {
      if (socket.connecting) return EAGAIN
      if (!socket.end) return socket.takeError()
      socket.announced = true
      return 0
    })
  }

  recv(fd: number, buffer: Uint8Array, length = buffer.length): number {
    this.#enter('recv')
    const socket = this.#socket(fd)
    if (!socket) return EBADF
    const { end } = socket
    if (!end) return ENOTCONN
    if (!(length >= 0 && length <= buffer.length)) throw new RangeError('recv beyond the buffer')
    const wanted = this.#world.fault('oneByteRead') ? Math.min(1, length) : length
    return this.#mayBlock(`recv on fd ${fd}`, socket, this.#receiveTimeout(socket), () =>
      length === 0 ? 0 : end.recv(buffer, wanted),
    )
  }

  send(fd: number, data: Uint8Array, offset = 0, length = data.length - offset): number {
    this.#enter('send')
    const socket = this.#socket(fd)
    if (!socket) return EBADF
    const { end } = socket
    if (!end) return socket.connecting ? EAGAIN : EPIPE
    if (!(offset >= 0 && length >= 0 && offset + length <= data.length)) {
      throw new RangeError('send beyond the data')
    }
    const short = length > 1 && this.#world.fault('shortWrite')
    const bytes = data.subarray(offset, offset + (short ? this.#world.between(1, length - 1) : length))
    const timeoutMs = socket.options.get('sendTimeout') || Infinity
    return this.#mayBlock(`send on fd ${fd}`, socket, timeoutMs, () => end.send(bytes))
  }

  shutdown(fd: number, how: 'read' | 'write' | 'both'): number {
    this.#enter('shutdown')
    const socket = this.#socket(fd)
    if (!socket) return EBADF
    if (socket.queue) {
      if (how !== 'write') this.#stopListening(socket)
      return 0
    }
    if (!socket.end || socket.end.broken) return ENOTCONN
    if (how !== 'read') socket.end.finish()
    if (how !== 'write') socket.end.deaf = true
    return 0
  }

  close(fd: number): number {
    this.#enter('close')
    const descriptor = this.#descriptors.get(fd)
    if (!descriptor) return EBADF
    this.#descriptors.delete(fd)
    for (const poller of this.#descriptors.values()) {
      if (poller instanceof Poller) poller.interests.delete(fd)
    }
    if (descriptor instanceof Socket) {
      descriptor.closed = true
      descriptor.end?.close()
      this.#stopListening(descriptor)
    }
    return 0
  }

  setNonBlocking(fd: number, on: boolean): number {
    this.#enter('fcntl')
    const socket = this.#socket(fd)
    if (!socket) return EBADF
    socket.nonBlocking = on
    return 0
  }

  /** As the kernel's, but the sizes of the buffers are only remembered: `bufferSize` decides. */
  setOption(fd: number, option: SettableOption, value: number | boolean): number {
    this.#enter('setsockopt')
    const socket = this.#socket(fd)
    if (!socket) return EBADF
    socket.options.set(option, Number(value))
    return 0
  }

  getOption(fd: number, option: SocketOption): number {
    this.#enter('getsockopt')
    const socket = this.#socket(fd)
    if (!socket) return EBADF
    return option === 'error' ? socket.takeError() : (socket.options.get(option) ?? 0)
  }

  localAddress(fd: number): Address {
    this.#enter('getsockname')
    const socket = this.#socket(fd)
    if (!socket) throw new SystemError(EBADF, 'getsockname')
    return socket.local ?? { host: '0.0.0.0', port: 0 }
  }

  remoteAddress(fd: number): Address {
    this.#enter('getpeername')
    const end = this.#socket(fd)?.end
    if (!end || end.broken) throw new SystemError(ENOTCONN, 'getpeername')
    return end.remote
  }

  poll(fds: PollFds, timeoutMs: number): number {
    this.#enter('poll')
    const list: Interest[] = []
    for (let i = 0; i < fds.length; i++) list.push({ fd: fds.fd(i), events: fds.events(i), ready: 0 })
    const count = this.#select('poll', list, timeoutMs)
    list.forEach((entry, i) => fds.setRevents(i, entry.ready))
    return count
  }

  readonly epoll: Epoll = {
    create: () => {
      this.#enter('epoll_create1')
      return this.#open(new Poller())
    },

    ctl: (epfd, operation, fd, events) => {
      this.#enter('epoll_ctl')
      const poller = this.#descriptors.get(epfd)
      if (!(poller instanceof Poller) || !this.#socket(fd)) return EBADF
      if (events & EPOLL_MODES) return EINVAL
      if (poller.interests.has(fd) === (operation === 'add')) {
        return operation === 'add' ? EEXIST : ENOENT
      }
      if (operation === 'delete') poller.interests.delete(fd)
      else poller.interests.set(fd, events)
      return 0
    },

    wait: (epfd: number, events: EpollEvents, timeoutMs: number) => {
      this.#enter('epoll_wait')
      const poller = this.#descriptors.get(epfd)
      if (!(poller instanceof Poller)) return EBADF
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
      this.#enter('kqueue')
      return this.#open(new Poller())
    },

    kevent: (kq: number, changes: KEvents, events: KEvents, timeoutMs: number) => {
      this.#enter('kevent')
      const poller = this.#descriptors.get(kq)
      if (!(poller instanceof Poller)) return EBADF
      const failed = this.#change(poller, changes, events)
      if (failed > 0) return failed
      const list = this.#interests(poller)
      const count = this.#select('kevent', list, timeoutMs)
      return count <= 0 ? count : this.#report(list, events)
    },
  }

  /** Unlike the kernel's it takes no time but the network's own. */
  sleep(ms: number): number {
    this.#enter('sleep')
    this.#world.timeline.moveTo(this.now() + Math.max(0, ms))
    return 0
  }

  /** The network's own clock, in milliseconds. */
  now(): number {
    this.#enter('clock_gettime')
    return this.#world.timeline.now
  }

  // What they are made of.

  /** A call begins: time passes, and what is due happens. */
  #enter(call: string): void {
    const { timeline, patience } = this.#world
    timeline.moveTo(timeline.now + CALL_MS)
    this.#idleCalls = timeline.happened === this.#happened ? this.#idleCalls + 1 : 0
    this.#happened = timeline.happened
    if (this.#idleCalls > patience) {
      throw this.#world.error(`livelock: nothing happened in ${patience} calls, the last one ${call}`)
    }
  }

  /** A call that a non-blocking socket does not wait in. */
  #mayBlock(call: string, socket: Socket, timeoutMs: number, attempt: () => number): number {
    const { nonBlocking } = socket
    const interrupted = this.#world.fairFault('interrupt')
    if (interrupted && (nonBlocking || this.#world.chance(0.5))) return EINTR
    if (nonBlocking) return this.#world.fairFault('again') ? EAGAIN : attempt()
    return this.#wait(call, timeoutMs, interrupted, attempt)
  }

  /** Tries until the result is another than EAGAIN. Between two attempts something happens. */
  #wait(call: string, timeoutMs: number, interrupted: boolean, attempt: () => number): number {
    const { timeline, random } = this.#world
    if (timeline.moving) throw this.#world.error(`a peer's callback must not wait in ${call}`)
    const end = timeline.now + timeoutMs
    for (;;) {
      const result = attempt()
      if (result !== EAGAIN || timeline.now >= end) return result
      const next = Math.min(timeline.next, end)
      if (next === Infinity) throw this.#world.error(`deadlock: ${call} would sleep for ever`)
      if (interrupted) {
        timeline.moveTo(timeline.now + random() * (next - timeline.now))
        return EINTR
      }
      timeline.moveTo(next)
    }
  }

  /** Waits until something in the list is ready, notes it there, and returns how many are. */
  #select(call: string, list: Interest[], timeoutMs: number): number {
    const interrupted = this.#world.fairFault('interrupt')
    if (interrupted && this.#world.chance(0.5)) return EINTR
    const wrong = this.#world.fairFault('spurious')
      ? list[this.#world.between(0, list.length - 1)]
      : undefined
    const limit = timeoutMs < 0 ? Infinity : timeoutMs
    const count = this.#wait(`${call} on ${list.length} sockets`, limit, interrupted, () => {
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
    const socket = this.#socket(fd)
    return socket ? socket.readiness & (events | POLLERR | POLLHUP) : POLLNVAL
  }

  /** The readiness that turns out to be none: harmless where the next call just says EAGAIN. */
  #wrongReadiness({ fd, events }: Interest): number {
    const socket = this.#socket(fd)
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
      const error = !this.#socket(fd) ? EBADF : deletes && !(before & bit) ? ENOENT : 0
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
      if (count < events.capacity) events.set(count++, fd, filter, over ? EV_ADD | EV_EOF : EV_ADD, data)
    }
    for (const { fd, events: wanted, ready } of list) {
      const socket = this.#socket(fd)
      if (!socket || !ready) continue
      const { end, queue } = socket
      const over = (ready & (POLLHUP | POLLERR)) !== 0
      const reads = (wanted & POLLIN) !== 0 && (over || (ready & POLLIN) !== 0)
      const writes = (wanted & POLLOUT) !== 0 && (over || (ready & POLLOUT) !== 0)
      if (reads) report(fd, EVFILT_READ, over || (end?.ended ?? false), end?.unread ?? queue?.length ?? 0)
      if (writes) report(fd, EVFILT_WRITE, over, end?.room ?? 0)
    }
    return count
  }

  #socket(fd: number): Socket | undefined {
    const descriptor = this.#descriptors.get(fd)
    return descriptor instanceof Socket ? descriptor : undefined
  }

  /** Gives a descriptor the lowest free number, as POSIX wants it: numbers come back soon. */
  #open(descriptor: Socket | Poller): number {
    if (this.#descriptors.size >= this.#world.descriptors) return EMFILE
    let fd = FIRST_FD
    while (this.#descriptors.has(fd)) fd++
    this.#descriptors.set(fd, descriptor)
    return fd
  }

  #receiveTimeout(socket: Socket): number {
    return socket.options.get('receiveTimeout') || Infinity
  }

  #isTaken(port: number): boolean {
    if (this.#listeners.has(port)) return true
    for (const descriptor of this.#descriptors.values()) {
      // An accepted socket has the listening one's port.
      if (descriptor instanceof Socket && !descriptor.end && descriptor.local?.port === port) return true
    }
    return false
  }

  #freePort(): number {
    while (this.#isTaken(this.#nextPort)) this.#nextPort++
    return this.#nextPort++
  }

  #startListening(port: number, listener: Listener): void {
    this.#listeners.set(port, listener)
    for (const peer of this.#waiting.get(port) ?? []) this.#dialPeer(port, peer)
    this.#waiting.delete(port)
  }

  #stopListening(socket: Socket): void {
    if (!socket.queue) return
    if (!socket.shut) this.#listeners.delete(socket.local!.port)
    socket.shut = true
    for (const end of socket.queue.splice(0)) end.reset()
  }

  #startConnecting(socket: Socket, port: number): void {
    socket.local ??= { host: '127.0.0.1', port: this.#freePort() }
    socket.connecting = true
    socket.error = 0
    this.#dial(port, socket.local, (end) => {
      socket.connecting = false
      if (!end) socket.error = ECONNREFUSED
      else if (socket.closed) end.close()
      else socket.end = end
    })
  }

  #dialPeer(port: number, peer: Peer): void {
    const local = { host: '127.0.0.1', port: this.#freePort() }
    this.#dial(port, local, (end) => (end ? peer.connected(end) : peer.refused()))
  }

  /** Connects to `port`; after a while `decided` gets the near end, or nothing when it was refused. */
  #dial(port: number, local: Address, decided: (end: TcpEnd | undefined) => void): void {
    const { timeline, random, latency } = this.#world
    timeline.plan(timeline.now + random() * latency, () => {
      const listener = this.#listeners.get(port)
      if (!listener || this.#world.fault('refuse')) return decided(undefined)
      const [near, far] = TcpEnd.pair(this.#world, local, { host: '127.0.0.1', port })
      listener(far)
      decided(near)
    })
  }
}
