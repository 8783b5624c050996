import { syscalls as kernel, SystemError } from '@rpc-steps/sockets'
import type { Syscalls } from '@rpc-steps/sockets'
import { Session } from '@rpc-steps/session'
import type { SessionEvents, SessionOptions } from '@rpc-steps/session'
import { Stream, TimeoutError } from './stream.ts'

/** How a connection behaves. */
export interface ConnectionOptions extends SessionOptions {
  /** Default: the kernel's. */
  syscalls?: Syscalls
}

/**
 * Drives a session by waiting for it: sends what there is, then sleeps until something comes. It
 * has the thread to itself.
 */
export class Connection {
  readonly session: Session
  readonly #syscalls: Syscalls
  readonly #stream: Stream
  /** What the kernel has not taken yet. */
  #rest: Buffer | undefined
  /** There is something to send, or to end, that was not there when we looked. */
  #again = false

  constructor(fd: number, events: Omit<SessionEvents, 'wake'>, options: ConnectionOptions = {}) {
    this.#syscalls = options.syscalls ?? kernel
    this.#stream = new Stream(fd, this.#syscalls)
    const wake = () => void (this.#again = true)
    this.session = new Session({ ...events, wake }, options)
  }

  // #region turn
  /** Sends what waits, then waits for more to come. Throws TimeoutError when the deadline has passed. */
  turn(deadline = Infinity): void {
    const { session } = this
    this.#try(() => {
      let wakeAt
      do {
        this.#again = false
        this.flush(deadline)
        wakeAt = this.#wakeAt
      } while (this.#again)
      if (session.over) return
      const chunk = this.#stream.receive(Math.min(deadline, wakeAt))
      if (chunk) session.received(chunk)
      else session.ended()
    }, deadline)
    if (session.over) this.#stream.close()
  }

  /** Sends what waits. To be called before the thread sleeps: the peer may be asleep until it has it. */
  flush(deadline = Infinity): void {
    this.#try(() => {
      this.#send(deadline)
      if (this.session.takeEnd() && !this.session.over) this.#stream.end()
    }, deadline)
  }

  #send(deadline: number): void {
    for (let bytes; !this.session.over && (bytes = this.#rest ?? this.session.next()) !== undefined; ) {
      this.#rest = bytes
      const count = this.#stream.send(bytes, Math.min(deadline, this.#wakeAt))
      this.#rest = count < bytes.length ? bytes.subarray(count) : undefined
      this.session.took(count)
    }
  }
  // #endregion

  /** The session wants to be told the time by then. */
  get #wakeAt(): number {
    return this.session.tick(this.#syscalls.now())
  }

  // #region lost
  /** The session's own limits of time pass as well: then it says what is to be done. */
  #try(job: () => void, deadline = Infinity): void {
    try {
      job()
    } catch (error) {
      if (error instanceof SystemError) return this.session.closed(error)
      if (!(error instanceof TimeoutError) || this.#syscalls.now() >= deadline) throw error
      this.session.tick(this.#syscalls.now())
    }
  }
  // #endregion

  /** Closes the connection now. */
  close(): void {
    this.session.destroy()
    this.#stream.close()
  }
}
