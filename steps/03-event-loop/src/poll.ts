import { check, EINTR, PollFds } from '@rpc-steps/sockets'
import type { Syscalls } from '@rpc-steps/sockets'
import { READ, WRITE } from './selector.ts'
import type { ReadyList, Selector } from './selector.ts'

// #region poll
/**
 * Hands the kernel the whole list each time, and looks through the whole list for the answers:
 * simple, the same everywhere, and the cost grows with the connections that do nothing. poll(2)
 */
export class PollSelector implements Selector {
  readonly call = 'poll'
  readonly #syscalls: Syscalls
  readonly #fds = new PollFds()

  constructor(syscalls: Syscalls) {
    this.#syscalls = syscalls
  }

  add(fd: number, interest: number): void {
    this.#fds.add(fd, interest)
  }

  modify(fd: number, interest: number): void {
    this.#fds.modify(fd, interest)
  }

  remove(fd: number): void {
    this.#fds.remove(fd)
  }

  wait(ms: number, ready: ReadyList): boolean {
    const fds = this.#fds
    ready.length = 0
    const found = this.#syscalls.poll(fds, ms)
    if (found === EINTR) return false
    check(found, 'poll')
    for (let i = 0; ready.length < found; i++) {
      const revents = fds.revents(i)
      if (revents !== 0) ready.push(fds.fd(i), readiness(revents))
    }
    return true
  }

  close(): void {}
}

/**
 * POLLERR, POLLHUP and POLLNVAL come unasked, and not always with POLLIN or POLLOUT. A loop that
 * looks for those two alone never learns of the end, is told again at once, and spins. So they
 * count as both: whoever is interested tries its call, and the call says what is wrong.
 */
export function readiness(revents: number): number {
  const asked = READ | WRITE
  return (revents & ~asked) === 0 ? revents : asked
}
// #endregion
