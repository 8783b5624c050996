import type { Socket } from 'node:net'
import { createFramer, errorText, FramingError, Inbox } from '@rpc-steps/wire'
import type { Framer, FrameLimits, Framing, InboxEvents } from '@rpc-steps/wire'
import { Outbox } from './outbox.ts'
import type { OutboxLimits } from './outbox.ts'

/** What clients and servers can be told about their connections. */
export interface ConnectionOptions {
  /** Default `auto` for a server, `content-length` for a client. */
  framing?: Framing
  frameLimits?: FrameLimits
  outboxLimits?: Partial<OutboxLimits>
  /** Milliseconds that a frame may take, from first to last byte. Default 30,000. */
  frameTime?: number
}

/** What a connection reports to the server or client that it belongs to. */
export interface ConnectionEvents {
  request: InboxEvents['request']
  reply?: InboxEvents['reply']
  /** The outbox was full and has drained. */
  drain?: () => void
  /** Once: no message will come any more. `error` says why, unless that is in order. */
  end?: (error?: Error) => void
}

/** One end of a connection: bytes in, messages out, and the rules in between. */
export class Connection {
  readonly #socket: Socket
  readonly #framer: Framer
  readonly #inbox: Inbox
  readonly #outbox: Outbox
  readonly #frameTime: number
  readonly #events: ConnectionEvents
  #timer: NodeJS.Timeout | undefined
  /** Whatever still comes is thrown away. */
  #ended = false
  #error: Error | undefined

  constructor(socket: Socket, events: ConnectionEvents, options: ConnectionOptions) {
    this.#socket = socket
    this.#framer = createFramer(options.framing ?? 'auto', options.frameLimits)
    this.#outbox = new Outbox(socket, () => this.#drained(), options.outboxLimits)
    this.#events = events
    this.#frameTime = options.frameTime ?? 30_000
    this.#inbox = new Inbox({
      request: events.request,
      reply: events.reply ?? (() => {}), // to no request of ours
      send: (text) => this.#answer(text),
      internalError: (report) => console.error(report),
    })
    socket.on('end', () => this.#receivedEnd())
    socket.on('error', (error) => (this.#error ??= error))
    socket.on('close', () => {
      this.end(this.#error)
      this.#stopTimer()
    })
  }

  // #region receive
  /** Takes a chunk of the stream. Its memory can be used again when this returns. */
  receive(chunk: Buffer): void {
    if (this.#ended) return
    this.#outbox.cork()
    try {
      this.#framer.push(chunk)
      let body = this.#framer.next()
      // Each frame has its own time: one that is complete stops the clock.
      if (body !== undefined) this.#stopTimer()
      for (; body !== undefined; body = this.#framer.next()) this.#inbox.receive(body)
      if (this.#framer.partial) {
        this.#timer ??= setTimeout(() => this.#late(), this.#frameTime)
      }
    } catch (error) {
      this.#fail(error as FramingError)
    }
    this.#outbox.uncork()
  }

  #receivedEnd(): void {
    try {
      if (!this.#ended) this.#framer.end()
      this.end()
    } catch (error) {
      this.#fail(error as FramingError)
    }
  }

  #late(): void {
    // While the outbox is full we do not read, so it is not the peer who is late.
    if (this.#outbox.full) return void this.#timer?.refresh()
    const why = `the rest of a frame did not come in ${this.#frameTime} ms`
    this.#fail(new FramingError(why))
  }

  /** Nobody knows where the next frame begins, so this is the last answer. */
  #fail(error: FramingError): void {
    this.#answer(errorText(null, error.toRpcError()))
    this.end(error)
  }
  // #endregion

  // #region send
  /** Sends a message. Returns false when the outbox is full. Throws OverflowError. */
  send(text: string): boolean {
    return this.#outbox.send(this.#framer.frame(text))
  }

  /** Whoever asks and does not read the answers, is not read either. */
  #answer(text: string): void {
    try {
      if (!this.send(text)) this.#socket.pause()
    } catch (overflow) {
      this.destroy(overflow as Error)
    }
    if (this.#ended && this.#inbox.inFlight === 0) this.#close()
  }

  #drained(): void {
    this.#socket.resume()
    this.#events.drain?.()
  }
  // #endregion

  // #region end
  /** Reads no more, answers what has come, then closes. */
  end(error?: Error): void {
    if (!this.#ended) {
      this.#ended = true
      this.#stopTimer()
      this.#events.end?.(error)
    }
    if (this.#inbox.inFlight === 0) this.#close()
  }

  /**
   * Closes when all is sent. What still comes is read and thrown away: to close with
   * unread bytes sends a reset, which can overtake our last answer (RFC 1122, 4.2.2.13).
   */
  #close(): void {
    if (!this.#socket.writable) return
    this.#outbox.end()
    this.#socket.resume()
    // The peer has time to take what we have sent, and then a second to go.
    this.#startTimer(this.#frameTime)
    this.#socket.once('finish', () => this.#startTimer(1_000))
  }

  #startTimer(ms: number): void {
    this.#stopTimer()
    this.#timer = setTimeout(() => this.destroy(), ms)
  }

  /** Closes now. */
  destroy(error?: Error): void {
    this.#error ??= error
    this.#socket.destroy()
  }
  // #endregion

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
