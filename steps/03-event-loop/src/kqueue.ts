import { check, EINTR, KEvents } from '@rpc-steps/sockets'
import { EV_ADD, EV_DELETE, EV_ERROR, EVFILT_READ, EVFILT_WRITE } from '@rpc-steps/sockets'
import type { Kqueue, Syscalls } from '@rpc-steps/sockets'
import { READ, WRITE } from './selector.ts'
import type { ReadyList, Selector } from './selector.ts'

/**
 * As epoll, with reading and writing as two interests of their own (filters), which are added
 * and deleted one by one. kqueue(2), macOS and the BSDs
 */
export class KqueueSelector implements Selector {
  readonly call = 'kevent'
  readonly #syscalls: Syscalls
  readonly #kqueue: Kqueue
  readonly #queue: number
  readonly #interests = new Map<number, number>()
  readonly #changes = new KEvents(1)
  readonly #outcome = new KEvents(1)
  readonly #events = new KEvents(256)
  readonly #none = new KEvents(1)

  constructor(syscalls: Syscalls) {
    if (!syscalls.kqueue) throw new Error('this system has no kqueue')
    this.#syscalls = syscalls
    this.#kqueue = syscalls.kqueue
    this.#queue = check(this.#kqueue.create(), 'kqueue')
  }

  add(fd: number, interest: number): void {
    this.modify(fd, interest)
  }

  modify(fd: number, interest: number): void {
    const changed = interest ^ (this.#interests.get(fd) ?? 0)
    if (changed & READ) this.#change(fd, EVFILT_READ, interest & READ)
    if (changed & WRITE) this.#change(fd, EVFILT_WRITE, interest & WRITE)
    this.#interests.set(fd, interest)
  }

  remove(fd: number): void {
    this.modify(fd, 0)
    this.#interests.delete(fd)
  }

  /** Made at once, one by one: what happens to be ready meanwhile is reported again by `wait`. */
  #change(fd: number, filter: number, on: number): void {
    this.#changes.clear()
    this.#changes.push(fd, filter, on === 0 ? EV_DELETE : EV_ADD)
    const found = this.#kqueue.kevent(this.#queue, this.#changes, this.#outcome, 0)
    if (found === EINTR) return // by then it was made
    const failed = check(found, 'kevent') > 0 && this.#outcome.flags(0) & EV_ERROR
    if (failed) check(-this.#outcome.data(0), 'kevent')
  }

  wait(ms: number, ready: ReadyList): boolean {
    const events = this.#events
    ready.length = 0
    const found = this.#kqueue.kevent(this.#queue, this.#none, events, ms)
    if (found === EINTR) return false
    check(found, 'kevent')
    // The end of a connection is an event of each filter, so nothing else needs to be looked for.
    for (let i = 0; i < found; i++) {
      ready.push(events.fd(i), events.filter(i) === EVFILT_READ ? READ : WRITE)
    }
    return true
  }

  close(): void {
    this.#syscalls.close(this.#queue)
  }
}
