import { EAGAIN, EINTR, SystemError } from '@rpc-steps/sockets'
import { createFramer, errorText, FramingError, Inbox } from '@rpc-steps/wire'
import type { Framer, FrameLimits, Framing, InboxEvents } from '@rpc-steps/wire'
import type { Loop, Watcher } from './loop.ts'
import { Outbox } from './outbox.ts'
import { READ, WRITE } from './selector.ts'
import type { Timer } from './timers.ts'

/** How much may wait in front of the kernel, in characters (for ASCII text that is bytes). */
export interface OutboxLimits {
  /** Above this `send` returns false; when it held an answer, nothing more is read. */
  highWater: number
  /** Above this nothing is taken. */
  hardCap: number
}

/** What a connection is made with. */
export interface ConnectionOptions {
  framing?: Framing
  frameLimits?: FrameLimits
  outboxLimits?: OutboxLimits
  /** Milliseconds that a frame may take from its first byte to its last. Default 30,000. */
  frameTime?: number
}

/** What a connection reports to the server or client that it belongs to. */
export interface ConnectionEvents extends Pick<InboxEvents, 'request' | 'reply'> {
  /** The outbox was over its high-water mark and is now at half of it or less. */
  drain(): void
  /** All is over, for the last time. `error` is missing if that was in order. */
  close(error?: Error): void
}

/** The peer has stopped reading, and what waits for it would go over the hard cap. */
export class OverflowError extends Error {
  override readonly name = 'OverflowError'
  readonly code = 'ERR_OVERFLOW'

  constructor(cap: number) {
    super(`the peer does not read: more than ${cap} characters would wait to be sent`)
  }
}

const defaultLimits: OutboxLimits = { highWater: 64 * 1024, hardCap: 16 * 1024 * 1024 }
/** Milliseconds without progress that a peer is given when we have closed. */
const lingerTime = 1_000

/** One end of a connection, on a non-blocking socket. */
export class Connection implements Watcher {
  readonly #loop: Loop
  readonly #fd: number
  readonly #events: ConnectionEvents
  readonly #framer: Framer
  readonly #inbox: Inbox
  readonly #outbox = new Outbox()
  readonly #limits: OutboxLimits
  readonly #frameTime: number
  #timer: Timer | undefined
  /** From going over the high-water mark until half of it. */
  #full = false
  /** The peer leaves our answers unread, so nothing is read from it. */
  #paused = false
  /** The peer has sent its last byte. */
  #eof = false
  /** No more requests are taken. */
  #ended = false
  /** The last answer is in the outbox. */
  #closing = false
  #closed = false
  #error: Error | undefined

  /** Takes over `fd`, and closes it when all is over. */
  constructor(loop: Loop, fd: number, events: ConnectionEvents, options: ConnectionOptions) {
    this.#loop = loop
    this.#fd = fd
    this.#events = events
    this.#framer = createFramer(options.framing ?? 'auto', options.frameLimits)
    this.#limits = options.outboxLimits ?? defaultLimits
    this.#frameTime = options.frameTime ?? 30_000
    this.#inbox = new Inbox({
      request: events.request,
      reply: events.reply,
      send: (text) => this.#answer(text),
      internalError: (report) => console.error(report),
    })
    loop.watch(fd, READ, this)
  }

  /** Once a turn and no more, however much there is: the others are waiting too. */
  readable(): void {
    const { buffer, syscalls } = this.#loop
    const length = syscalls.recv(this.#fd, buffer)
    if (length > 0) this.#receive(buffer, length)
    else if (length === 0) this.#receiveEnd()
    else if (length !== EAGAIN && length !== EINTR) this.destroy(new SystemError(length, 'recv'))
  }

  #receive(buffer: Buffer, length: number): void {
    if (this.#ended) return
    try {
      this.#framer.push(buffer, length)
      let body = this.#framer.next()
      // Each frame has its own time: one that is complete stops the clock.
      if (body !== undefined) this.#stopTimer()
      for (; body !== undefined && !this.#ended; body = this.#framer.next()) {
        this.#inbox.receive(body)
        if (this.#outbox.enough) this.#flush()
      }
    } catch (error) {
      if (error instanceof FramingError) return this.#fail(error)
      throw error
    }
    if (this.#framer.partial && !this.#ended) this.#startTimer(this.#frameTime, this.#late)
  }

  #receiveEnd(): void {
    this.#eof = true
    try {
      if (!this.#ended) this.#framer.end()
    } catch (error) {
      return this.#fail(error as FramingError)
    }
    if (this.#closing) this.#linger()
    else this.end()
    this.#updateInterest()
  }

  // #region send
  /**
   * Takes a message; it is sent when the callbacks of this turn have run, together with the
   * others. Returns false when it is time to wait for `drain`. Throws OverflowError.
   */
  send(text: string): boolean {
    if (this.#closing || this.#closed) return false
    const outbox = this.#outbox
    const frame = this.#framer.frame(text)
    if (outbox.held + frame.length > this.#limits.hardCap) {
      throw new OverflowError(this.#limits.hardCap)
    }
    const first = outbox.held === 0
    outbox.add(frame)
    const fills = !this.#full && outbox.held > this.#limits.highWater
    if (fills) this.#full = true
    // If neither, the flush was asked for before, or waits for room.
    if (first || fills) this.#loop.beforeSleep(this.#flush)
    return !this.#full
  }

  writable(): void {
    this.#flush()
  }

  readonly #flush = () => {
    if (this.#closed) return
    const outbox = this.#outbox
    const before = outbox.held
    const failed = outbox.write(this.#loop.syscalls, this.#fd)
    if (failed < 0) return this.destroy(new SystemError(failed, 'send'))
    if (this.#closing && outbox.held < before) this.#linger()
    const drained = this.#full && outbox.held <= this.#limits.highWater / 2
    if (drained) this.#full = this.#paused = false
    this.#updateInterest()
    if (drained && !this.#closed) this.#events.drain()
  }

  /**
   * Room to write is interesting only while something waits for it: a socket has room nearly
   * always, so a loop that keeps asking never sleeps. Bytes to read are not, while the peer
   * leaves our answers unread; and after the end there are none, but it would be reported for ever.
   */
  #updateInterest(): void {
    if (this.#closed) return
    const reads = !this.#eof && (!this.#paused || this.#closing)
    const writes = this.#outbox.held > 0
    this.#loop.modify(this.#fd, (reads ? READ : 0) | (writes ? WRITE : 0))
  }
  // #endregion

  /** Who asks and leaves the answers unread is not read either. Who calls must go on reading. */
  #answer(text: string): void {
    try {
      if (!this.send(text)) this.#paused = true
    } catch (overflow) {
      this.destroy(overflow as Error)
    }
    if (this.#ended) this.end()
  }

  /** Takes no more requests, answers those in flight, then closes. */
  end(): void {
    if (!this.#ended) this.#stopTimer()
    this.#ended = true
    if (this.#inbox.inFlight === 0) this.#close()
  }

  /** Nobody knows where the next frame begins, so this is the last answer. */
  #fail(error: FramingError): void {
    this.#error = error
    this.#ended = true
    this.#answer(errorText(null, error.toRpcError()))
    this.#close()
  }

  /** For when the last answer is in the outbox. */
  #close(): void {
    if (this.#closed || this.#closing) return
    this.#closing = true
    this.#linger()
  }

  /**
   * What still comes is read and thrown away: closing a socket with unread bytes sends a reset,
   * and the peer would lose our last answer to it (RFC 1122, 4.2.2.13). So first we only say
   * that we have ended, then wait until the peer has too, but not for ever.
   */
  #linger(): void {
    const sent = this.#outbox.held === 0
    if (sent && this.#eof) return this.destroy()
    if (sent) this.#loop.syscalls.shutdown(this.#fd, 'write')
    this.#stopTimer()
    this.#startTimer(lingerTime, () => this.destroy())
    this.#updateInterest()
  }

  /** Closes now. */
  destroy(error?: Error): void {
    if (this.#closed) return
    this.#closed = this.#ended = true
    this.#stopTimer()
    this.#loop.unwatch(this.#fd)
    this.#loop.syscalls.close(this.#fd)
    this.#events.close(this.#error ?? error)
  }

  failed(error: unknown): void {
    this.destroy(error as Error)
  }

  readonly #late = () => {
    this.#timer = undefined
    // While we do not read it is not the peer who makes it late.
    if (this.#paused) this.#startTimer(this.#frameTime, this.#late)
    else this.#fail(new FramingError(`the rest of a frame did not come in ${this.#frameTime} ms`))
  }

  #startTimer(ms: number, job: () => void): void {
    this.#timer ??= this.#loop.after(ms, job)
  }

  #stopTimer(): void {
    if (this.#timer) this.#loop.cancel(this.#timer)
    this.#timer = undefined
  }
}
