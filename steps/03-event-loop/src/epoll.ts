import { check, EINTR, EpollEvents } from '@rpc-steps/sockets'
import type { Epoll, Syscalls } from '@rpc-steps/sockets'
import { readiness } from './poll.ts'
import type { ReadyList, Selector } from './selector.ts'

// #region epoll
/**
 * The list stays in the kernel, and only what is ready comes back: the connections that do
 * nothing cost nothing. epoll(7), Linux
 */
export class EpollSelector implements Selector {
  readonly call = 'epoll_wait'
  readonly #syscalls: Syscalls
  readonly #epoll: Epoll
  readonly #instance: number
  /** Room for so many at a time; the kernel brings the others the next time. */
  readonly #events = new EpollEvents(256)

  constructor(syscalls: Syscalls) {
    if (!syscalls.epoll) throw new Error('this system has no epoll')
    this.#syscalls = syscalls
    this.#epoll = syscalls.epoll
    this.#instance = check(this.#epoll.create(), 'epoll_create1')
  }

  add(fd: number, interest: number): void {
    check(this.#epoll.ctl(this.#instance, 'add', fd, interest), 'epoll_ctl')
  }

  modify(fd: number, interest: number): void {
    check(this.#epoll.ctl(this.#instance, 'modify', fd, interest), 'epoll_ctl')
  }

  remove(fd: number): void {
    check(this.#epoll.ctl(this.#instance, 'delete', fd, 0), 'epoll_ctl')
  }

  wait(ms: number, ready: ReadyList): boolean {
    const events = this.#events
    ready.length = 0
    const found = this.#epoll.wait(this.#instance, events, ms)
    if (found === EINTR) return false
    check(found, 'epoll_wait')
    for (let i = 0; i < found; i++) ready.push(events.fd(i), readiness(events.events(i)))
    return true
  }

  close(): void {
    this.#syscalls.close(this.#instance)
  }
}
// #endregion
