import { EAGAIN, EINTR, SystemError } from '@rpc-steps/sockets'
import type { Syscalls } from '@rpc-steps/sockets'
import { trace } from '@rpc-steps/trace'

/** The peer did not send or did not read in time. In the shape of Node's system errors. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
  readonly code = 'ETIMEDOUT'
  /** What was waited in. */
  readonly syscall: 'recv' | 'send'

  constructor(syscall: 'recv' | 'send') {
    super(syscall === 'recv' ? 'nothing came in time (recv)' : 'the peer does not read (send)')
    this.syscall = syscall
  }
}

/**
 * A byte stream over a connected, blocking socket. Its calls return when they are done; until
 * then the thread sleeps in the kernel. Deadlines are on the clock of `syscalls.now()`.
 */
export class Stream {
  readonly #fd: number
  readonly #syscalls: Syscalls
  // One buffer for the whole connection, outside of the heap that V8 collects.
  readonly #buffer = Buffer.allocUnsafeSlow(64 * 1024)
  readonly #limits = { receiveTimeout: 0, sendTimeout: 0 }
  #closed = false

  constructor(fd: number, syscalls: Syscalls) {
    this.#fd = fd
    this.#syscalls = syscalls
  }

  // #region receive
  /**
   * Waits until bytes come, and returns them: as many as have come, up to 64 KiB. They stay
   * valid until the next `receive`. Undefined is the end of the stream. Throws SystemError, and
   * TimeoutError when the deadline has passed. recv(2)
   */
  receive(deadline = Infinity): Buffer | undefined {
    for (;;) {
      this.#limit('receiveTimeout', deadline)
      trace.enter('kernel', 'recv')
      const count = this.#syscalls.recv(this.#fd, this.#buffer)
      trace.leave('kernel', 'recv')
      if (count > 0) return this.#buffer.subarray(0, count)
      if (count === 0) return undefined
      // A signal came and no byte yet: that says nothing about the stream, so wait again.
      if (count === EINTR) continue
      throw count === EAGAIN ? new TimeoutError('recv') : new SystemError(count, 'recv')
    }
  }
  // #endregion

  // #region send
  /**
   * Hands bytes to the kernel, and waits while it has no room for any. Returns how many it took,
   * which may be fewer than all: a signal or the time limit came. Throws SystemError, and
   * TimeoutError when the deadline has passed. send(2)
   */
  send(bytes: Buffer, deadline = Infinity): number {
    for (;;) {
      this.#limit('sendTimeout', deadline)
      trace.enter('kernel', 'send')
      const count = this.#syscalls.send(this.#fd, bytes, 0, bytes.length)
      trace.leave('kernel', 'send')
      if (count >= 0) return count
      if (count === EINTR) continue
      throw count === EAGAIN ? new TimeoutError('send') : new SystemError(count, 'send')
    }
  }
  // #endregion

  // #region limit
  /**
   * SO_RCVTIMEO and SO_SNDTIMEO limit one call of recv or send. A deadline is for all the calls
   * that it takes, so each gets what is left; in whole milliseconds, so that the limit rarely
   * changes and the kernel is rarely told. 0 is no limit. socket(7)
   */
  #limit(option: 'receiveTimeout' | 'sendTimeout', deadline: number): void {
    let limit = 0
    if (deadline !== Infinity) {
      limit = Math.ceil(deadline - this.#syscalls.now())
      if (limit <= 0) throw new TimeoutError(option === 'sendTimeout' ? 'send' : 'recv')
    }
    if (limit === this.#limits[option]) return
    const result = this.#syscalls.setOption(this.#fd, option, limit)
    if (result < 0) throw new SystemError(result, 'setsockopt')
    this.#limits[option] = limit
  }
  // #endregion

  /** Ends our side: the peer reads what was sent, and then the end. */
  end(): void {
    this.#syscalls.shutdown(this.#fd, 'write')
  }

  /** Gives the file descriptor back, once: its number may be another connection's next. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#syscalls.close(this.#fd)
  }
}
