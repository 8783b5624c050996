import type { Duplex } from 'node:stream'
import { Outbox } from '@rpc-steps/callbacks'
import type { OutboxLimits } from '@rpc-steps/callbacks'
import { createFramer, errorText } from '@rpc-steps/wire'
import type { Framer, FrameLimits, Framing, FramingError } from '@rpc-steps/wire'

export const defaultGrace = 5_000
const defaultFrameTimeout = 30_000

/** The limits of one connection; what is left out is as the service has it. */
export interface MessageStreamOptions {
  framing?: Framing
  limits?: FrameLimits
  outbox?: Partial<OutboxLimits>
  /** Milliseconds that a frame may take to come, from its first byte to its last. */
  frameTimeout?: number
  /** Milliseconds from our end of the stream to cutting off a peer that does not end its own. */
  grace?: number
}

/** What a message stream tells its owner. */
export interface MessageStreamEvents {
  /** A message came. */
  message(text: string): void
  /** The peer sends no more, but may still read. `cause` is set if that was inside a frame. */
  end(cause: unknown): void
  /** All is over; `cause` is the error that ended it, if one did. */
  close(cause: unknown): void
}

/**
 * Messages over a stream of bytes: frames on the way in and out, back-pressure both ways, and
 * an end for peers that break the rules. The stream is its own from here on.
 */
export class MessageStream {
  readonly #stream: Duplex
  readonly #events: MessageStreamEvents
  readonly #options: MessageStreamOptions
  readonly #framer: Framer
  readonly #outbox: Outbox
  #waiters: (() => void)[] = []
  /** What ended the stream, when that was an error. */
  #cause: unknown
  #reading = true
  #ending = false
  /** Limits a frame while we read, and the peer's farewell after our end. */
  #timer: NodeJS.Timeout | undefined

  constructor(stream: Duplex, events: MessageStreamEvents, options: MessageStreamOptions = {}) {
    this.#stream = stream
    this.#events = events
    this.#options = options
    this.#framer = createFramer(options.framing ?? 'content-length', options.limits)
    this.#outbox = new Outbox(stream, () => this.#onDrain(), options.outbox)
    stream.on('data', (chunk: Uint8Array) => this.#onData(chunk))
    stream.on('end', () => this.#onEnd())
    stream.on('error', (error) => (this.#cause ??= error))
    stream.on('close', () => this.#onClose())
  }

  // #region write
  /** Sends a message. A peer that lets too many wait is cut off. */
  send(text: string): void {
    try {
      this.#outbox.send(this.#framer.frame(text))
    } catch (overflow) {
      this.destroy(overflow as Error)
    }
  }

  /** True while so much waits to be sent that nobody should add to it. */
  get full(): boolean {
    return this.#outbox.full
  }

  /** Settled when the stream is no longer full, or has closed. */
  async room(): Promise<void> {
    while (this.#outbox.full && !this.#stream.destroyed) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
  }

  #onDrain(): void {
    this.#stream.resume()
    for (const resolve of this.#waiters.splice(0)) resolve()
  }
  // #endregion

  // #region read
  #onData(chunk: Uint8Array): void {
    if (!this.#reading) return
    this.#outbox.cork()
    try {
      this.#framer.push(chunk)
      let text
      while (this.#reading && (text = this.#framer.next()) !== undefined) {
        if (!this.#ending) this.#stopTimer()
        this.#events.message(text)
      }
      if (this.#reading && this.#framer.partial) this.#startTimer()
    } catch (error) {
      this.#refuse(error as FramingError)
    }
    this.#outbox.uncork()
    // Whoever does not read our answers gets no more of its questions read.
    if (this.#outbox.full) this.#stream.pause()
  }

  #onEnd(): void {
    try {
      if (this.#reading) this.#framer.end()
    } catch (error) {
      this.#cause = error
    }
    this.#events.end(this.#cause)
  }
  // #endregion

  // #region end
  /** Ends our side when all is written; the connection closes when the peer ends its own. */
  end(): void {
    if (this.#ending || this.#stream.destroyed) return
    this.#ending = true
    this.#outbox.end()
    this.#stopTimer()
    this.#timer = setTimeout(() => this.destroy(), this.#options.grace ?? defaultGrace)
  }

  /** Cuts the connection off, whatever is unsent. */
  destroy(cause?: Error): void {
    this.#reading = false
    this.#stream.destroy(cause)
  }

  /**
   * After a framing error nobody knows where the next message begins: says why, then ends. What
   * still comes is read and dropped, because closing with bytes unread would send a reset, and
   * that may overtake the explanation (RFC 1122, section 4.2.2.13).
   */
  #refuse(error: FramingError): void {
    this.#reading = false
    this.#cause = error
    this.send(errorText(null, error.toRpcError()))
    this.end()
  }

  #onClose(): void {
    this.#reading = false
    this.#stopTimer()
    this.#onDrain()
    this.#events.close(this.#cause)
  }
  // #endregion

  #startTimer(): void {
    const tooLong = () => this.destroy(new Error('a frame took too long to come'))
    this.#timer ??= setTimeout(tooLong, this.#options.frameTimeout ?? defaultFrameTimeout)
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
