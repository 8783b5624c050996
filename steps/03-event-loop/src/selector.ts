// #region interest
/** Bytes to read, a client to accept, or the end. The bit of POLLIN and of EPOLLIN. */
export const READ = 1
/** Room to write, or a connect that is decided. The bit of POLLOUT and of EPOLLOUT. */
export const WRITE = 4

/** Remembers what a loop is interested in, and asks the kernel which of it is ready. */
export interface Selector {
  /** The system call that `wait` sleeps in. */
  readonly call: string
  /** Begins to ask about `fd`. `interest` is READ, WRITE or READ | WRITE. */
  add(fd: number, interest: number): void
  /** Asks about something else from now on. */
  modify(fd: number, interest: number): void
  /** Asks no more. To be called before `fd` is closed: its number may come back. */
  remove(fd: number): void
  /**
   * Sleeps until something is ready, but no longer than `ms` milliseconds (whole ones; -1 for no
   * limit), and lists it. "Ready" means worth a try: the call may still say EAGAIN. What is not
   * dealt with is listed again next time (level-triggered). Returns false when a signal woke it.
   */
  wait(ms: number, ready: ReadyList): boolean
  /** Gives back what it holds in the kernel. */
  close(): void
}
// #endregion

/**
 * What one wait has found. A copy, so that callbacks may add and remove while the loop walks
 * through it; used again for each wait.
 */
export class ReadyList {
  readonly fds: number[] = []
  readonly bits: number[] = []
  length = 0

  /** Notes that `fd` is ready for what `bits` say. */
  push(fd: number, bits: number): void {
    this.fds[this.length] = fd
    this.bits[this.length++] = bits
  }
}
