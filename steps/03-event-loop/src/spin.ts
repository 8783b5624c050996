import type { ReadyList, Selector } from './selector.ts'

// #region spin
/**
 * Asks nobody: it says that everything is ready, always. The sockets are non-blocking, so each
 * one that is not answers EAGAIN. It finds what has come a little sooner than the others, and
 * burns a processor core while nothing comes.
 */
export class SpinSelector implements Selector {
  readonly call = 'spin'
  readonly #interests = new Map<number, number>()

  add(fd: number, interest: number): void {
    this.#interests.set(fd, interest)
  }

  modify(fd: number, interest: number): void {
    this.#interests.set(fd, interest)
  }

  remove(fd: number): void {
    this.#interests.delete(fd)
  }

  wait(_ms: number, ready: ReadyList): boolean {
    ready.length = 0
    for (const [fd, interest] of this.#interests) ready.push(fd, interest)
    return true
  }

  close(): void {}
}
// #endregion
