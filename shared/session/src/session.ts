import { trace } from '@rpc-steps/trace'
import {
  codes,
  createFramer,
  DisconnectedError,
  errorText,
  FramingError,
  Inbox,
  notificationText,
  requestText,
  RpcError,
} from '@rpc-steps/wire'
import type { Framer, Framing, Params, Reply, Request, Respond } from '@rpc-steps/wire'
import { Calls } from './calls.ts'
import type { CallExtras, Outgoing, Settle } from './calls.ts'
import { limitsOf } from './limits.ts'
import type { Limits } from './limits.ts'
import { Output, OverflowError } from './output.ts'
import { Patience } from './patience.ts'

/** How one end of a connection behaves: its limits, and what follows. */
export interface SessionOptions extends Partial<Limits> {
  /** Default `content-length`. */
  framing?: Framing
  /** Takes the errors that the other end must not see. Default: standard error. */
  log?: (line: string) => void
  /** Names the calls of this connection in a trace: the client's port. */
  label?: number
}

/** What a session asks of whoever drives it. None of these may throw. */
export interface SessionEvents {
  /** Run this request now, and call `respond` now or later. */
  request(request: Request, respond: Respond): void
  /**
   * There is something to do: bytes to send, an end, reading to be gone on with. At once, if there
   * is `enough` for a write; otherwise when this turn is over, with all that is still to come.
   */
  wake(enough: boolean): void
  /** Calls have waited for room, and now none does. */
  drain?(): void
  /** Once: no message will come any more, and every call was told. `cause` says why, unless that is in order. */
  ended?(cause: unknown): void
}

/** Bytes that leave without waiting for the rest of the turn: the peer can work on them meanwhile. */
const enough = 4096
/** Bytes of an unfinished frame that count as progress. */
const stretch = 16 * 1024

const unavailable = new RpcError(codes.unavailable, 'Closing', { status: 'UNAVAILABLE' })
const exhausted = new RpcError(codes.resourceExhausted, 'Too many requests', { status: 'RESOURCE_EXHAUSTED' })

/**
 * One end of a connection, without the connection. Bytes, ends and time come in; bytes and wishes
 * go out. It does no I/O and knows no clock: whoever drives it does the waiting.
 */
export class Session {
  readonly limits: Limits
  readonly #events: SessionEvents
  readonly #log: (line: string) => void
  readonly #label: number
  readonly #framer: Framer
  readonly #inbox: Inbox
  readonly #output: Output
  readonly #calls: Calls
  readonly #listeners = new Map<string, (params: Params | null | undefined) => void>()
  /**
   * Open; draining, when no more requests are taken and those in flight are finished; ending, when
   * the last byte waits to be sent; over.
   */
  #state: 'open' | 'draining' | 'ending' | 'over' = 'open'
  /** Set by `close`: we do not wait for ever. */
  #closing = false
  /** Whatever still comes is dropped. */
  #deaf = false
  #weEnded = false
  #peerEnded = false
  #cause: unknown
  /** The last thing to say. */
  #farewell: string | undefined
  /** From going over the high-water mark until half of it. */
  #full = false
  /** Calls have had to wait, and nobody was told yet that none does. */
  #heldBack = false
  #lost = false
  #parked: { request: Request; respond: Respond; size: number }[] = []
  #parkedSize = 0
  /** Of the message that is being read. */
  #size = 0

  /** Throws RangeError for a limit that is none. */
  constructor(events: SessionEvents, options: SessionOptions = {}) {
    this.limits = limitsOf(options)
    this.#events = events
    this.#log = options.log ?? console.error
    this.#label = options.label ?? 0
    this.#framer = createFramer(options.framing ?? 'content-length', this.limits)
    this.#output = new Output(this.#framer)
    this.#calls = new Calls(this.#label)
    const inbox = {
      request: (request: Request, respond: Respond) => this.#onRequest(request, respond),
      reply: (reply: Reply) => this.#onReply(reply),
      send: (text: string) => this.#answer(text),
      internalError: this.#log,
    }
    this.#inbox = new Inbox(inbox, this.limits)
  }

  // #region in
  #bytes = 0
  #messages = 0

  /** Bytes came. Their memory can be used again when this returns. */
  received(chunk: Uint8Array, length = chunk.length): void {
    if (this.#deaf) return
    this.#bytes += length
    try {
      this.#framer.push(chunk, length)
      for (let text; !this.#deaf && (text = this.#framer.next()) !== undefined; ) {
        this.#messages++
        this.#size = text.length
        this.#inbox.receive(text)
      }
    } catch (error) {
      if (!(error instanceof FramingError)) throw error
      this.#refuse(error)
    }
    this.#goOn()
  }

  /** The peer sends no more. It may still read, so what it has asked is answered first. */
  ended(): void {
    if (this.#peerEnded) return
    this.#peerEnded = true
    try {
      if (!this.#deaf) this.#framer.end()
    } catch (error) {
      return this.#refuse(error as FramingError)
    }
    this.#hearNoMore()
  }

  /** The connection is gone; `cause` is the error that ended it, if one did. */
  closed(cause?: unknown): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#deaf = true
    this.#parked = []
    this.#lose(cause)
  }
  // #endregion

  // #region out
  /** Bytes to send, at most 64 KiB at a time; undefined when there are none. */
  next(): Buffer | undefined {
    return this.#output.next()
  }

  /** `count` bytes have left: all that `next` has given, or a part. */
  took(count: number): void {
    this.#output.took(count)
    if (this.#full && this.#output.held <= this.limits.highWater / 2) this.#full = false
    this.#goOn()
  }

  /** True, once, when our end of the stream is due: everything was sent. */
  takeEnd(): boolean {
    if (this.#state !== 'ending' || this.#weEnded || this.#output.held > 0) return false
    this.#weEnded = true
    return true
  }

  /** True while calls wait for room: time to wait for `drain` before making more. */
  get holdsBack(): boolean {
    return this.#heldBack
  }

  /** Whether to read on. */
  get reads(): boolean {
    return this.#deaf || !this.#parkedFull || this.#calls.unanswered > 0
  }

  /** True when the connection is to be closed, or is: both sides have ended, or it was cut off. */
  get over(): boolean {
    return this.#state === 'over' || (this.#weEnded && this.#peerEnded)
  }

  /** The error that ended it, if one did. */
  get cause(): unknown {
    return this.#cause
  }
  // #endregion

  // #region time
  readonly #frameClock = new Patience()
  readonly #sendClock = new Patience()
  readonly #graceClock = new Patience()
  readonly #lingerClock = new Patience()
  /** Somebody was waited for when we last looked. */
  #waited = false

  /**
   * It is `now`: milliseconds on any clock that never goes back. To be said after everything else;
   * returns when to say it again at the latest.
   */
  tick(now: number): number {
    if (this.over) return Infinity
    const { held, left } = this.#output
    const inFrame = this.#framer.partial && !this.#deaf && !this.#peerEnded && this.reads
    const waits = inFrame || held > 0 || this.#closing || this.#weEnded
    if (!waits && !this.#waited) return Infinity // as nearly always
    this.#waited = waits

    // Each counts from the last progress, and only while it is the peer's turn.
    const { frameTimeout, sendTimeout, grace, linger } = this.limits
    const progress = this.#messages + Math.floor(this.#bytes / stretch)
    const frame = this.#frameClock.until(now, frameTimeout, inFrame, progress)
    const send = this.#sendClock.until(now, sendTimeout, held > 0, left)
    const closes = this.#closing && !this.#weEnded
    const close = this.#graceClock.until(now, grace, closes, left + this.#calls.settled)
    const leave = this.#lingerClock.until(now, linger, this.#weEnded)
    if (now >= frame) this.#refuse(new FramingError(`the rest of a frame did not come in ${frameTimeout} ms`))
    else if (now >= send) this.destroy(new Error(`the peer has read nothing for ${sendTimeout} ms`))
    else if (now >= Math.min(close, leave)) this.destroy()
    else return Math.min(frame, send, close, leave)
    return this.tick(now)
  }
  // #endregion

  // #region calls
  /**
   * Calls a method of the other end; what cannot be written yet waits for its turn. Throws what is
   * known at once: DisconnectedError, OverflowError, TypeError if the parameters are no JSON.
   */
  call(method: string, params: Params | undefined, settle: Settle, more: CallExtras = {}): Outgoing {
    const id = this.#calls.nextId()
    const text = requestText(id, method, params)
    const { extras, sent } = more
    return this.#say({ id, method, text, size: text.length, settle, extras, sent })
  }

  /**
   * Tells the other end something, in order with the calls; `settle` is told when it is written. What
   * begins with `$/` speaks of requests that are on the wire already, and waits for none that is not:
   * a cancel must not queue behind calls that wait until it has made room. Throws as `call` does.
   */
  notify(method: string, params?: Params, settle: Settle = () => {}): Outgoing {
    const text = notificationText(method, params)
    return this.#say({ id: undefined, method, text, size: text.length, settle, extras: undefined, sent: undefined })
  }

  #say(message: Outgoing): Outgoing {
    if (this.#closing || this.#state !== 'open') {
      const why = this.#closing ? 'the connection was closed by this side' : 'the connection has ended'
      throw new DisconnectedError(why, { cause: this.#cause, sent: false })
    }
    this.#checkSize(message.text)
    if (message.id === undefined && message.method.startsWith('$/')) {
      this.#answer(message.text)
      message.settle?.(null)
      return message
    }
    this.#calls.begin(message)
    if (this.#calls.waiting === 0 && this.#hasRoom(message)) this.#write(message)
    else {
      this.#calls.wait(message)
      this.#heldBack = true
    }
    return message
  }

  /** The caller waits no longer. What was not written never will be. Returns true if it was. */
  giveUp(message: Outgoing): boolean {
    const written = this.#calls.giveUp(message)
    this.#goOn()
    return written
  }

  /** Writes what may be written, in the order in which it was said. */
  #writeWaiting(): void {
    for (let next; (next = this.#calls.first) && this.#hasRoom(next); ) {
      this.#calls.shift(next)
      this.#write(next)
    }
    if (this.#heldBack && this.#calls.waiting === 0) {
      this.#heldBack = false
      this.#events.drain?.()
    }
  }

  /** Room in the output and, for a call, in the window; one call may always be unanswered, whatever its size. */
  #hasRoom({ id, size }: Outgoing): boolean {
    if (this.#full) return false
    const { unanswered, size: inFlight } = this.#calls
    const { window, windowSize } = this.limits
    return id === undefined || unanswered === 0 || (unanswered < window && inFlight + size <= windowSize)
  }

  #write(message: Outgoing): void {
    this.#add(this.#calls.write(message))
    if (message.id === undefined) message.settle?.(null)
  }

  #onReply(reply: Reply): void {
    if (!this.#calls.answered(reply) && reply.id === null && reply.error) {
      this.#log(`the peer reports an error of no certain call: ${JSON.stringify(reply.error)}`)
    }
  }
  // #endregion

  // #region requests
  /** Hears a notification by its name, at once and past all handlers. Throw nothing. */
  on(method: string, listener: (params: Params | null | undefined) => void): void {
    this.#listeners.set(method, listener)
  }

  #onRequest(request: Request, respond: Respond): void {
    const { method, id } = request
    if (id === undefined) {
      const listener = this.#listeners.get(method)
      if (listener || method.startsWith('$/')) return listener?.(request.params)
    } else {
      if (trace.on) respond = this.#traced(request, respond)
      if (this.#closing) return respond(unavailable)
    }
    if (this.#full || this.#parked.length > 0) this.#park(request, respond)
    else this.#events.request(request, respond)
  }

  /**
   * Nothing is run whose answer could only wait. Who has asked that much and reads nothing is not
   * read either, unless it owes us a reply: two ends that do not read for each other wait for ever.
   * Then all we can do is to say that this is too much.
   */
  #park(request: Request, respond: Respond): void {
    if (this.#parkedFull && this.#calls.unanswered > 0) {
      if (request.id !== undefined) return respond(exhausted)
      if (this.#parkedSize > this.limits.hardCap) return this.#overflow()
    }
    trace.queued(request.method, this.#label, request.id)
    this.#parked.push({ request, respond, size: this.#size })
    this.#parkedSize += this.#size
    this.#size = 0 // the items of a batch have come as one message
  }

  get #parkedFull(): boolean {
    return this.#parked.length >= this.limits.parked || this.#parkedSize >= this.limits.parkedSize
  }

  #unpark(): void {
    for (let next; !this.#full && (next = this.#parked.shift()); ) {
      const { request, respond, size } = next
      this.#parkedSize -= size
      trace.dequeued(request.method, this.#label, request.id)
      this.#events.request(request, respond)
    }
  }

  #answer(text: string): void {
    if (this.#state === 'ending' || this.#state === 'over') return
    this.#checkSize(text)
    if (this.#full && this.#output.held + text.length > this.limits.hardCap) return this.#overflow()
    this.#add(text)
    this.#endIfIdle()
  }

  #traced({ method, id }: Request, respond: Respond): Respond {
    trace.requestReceived(method, this.#label, id)
    return (error, result) => {
      respond(error, result)
      trace.replySent(method, this.#label, id)
    }
  }
  // #endregion

  // #region end
  /** Takes no more requests, makes no more calls, finishes what is in flight both ways, then ends. */
  close(): void {
    this.#closing = true
    this.#endIfIdle()
    this.#events.wake(false)
  }

  /** Ends now, whatever is unsent. */
  destroy(cause?: Error): void {
    this.#closing = true
    this.closed(cause)
    this.#events.wake(true)
  }

  /**
   * Nobody knows where the next message begins. Everything before is answered, then the peer is
   * told why, then it ends. What still comes is read and dropped: closing with bytes unread sends a
   * reset, which may overtake the explanation (RFC 1122, section 4.2.2.13).
   */
  #refuse(error: FramingError): void {
    this.#deaf = true
    this.#farewell = errorText(null, error.toRpcError())
    this.#hearNoMore(error)
  }

  #hearNoMore(cause?: unknown): void {
    if (this.#state === 'open') this.#state = 'draining'
    this.#lose(cause)
    this.#endIfIdle()
    this.#events.wake(false)
  }

  /** No reply can come any more. */
  #lose(cause: unknown): void {
    if (this.#lost) return
    this.#lost = true
    this.#cause = cause
    this.#calls.lose(cause)
    this.#events.ended?.(cause)
  }

  #endIfIdle(): void {
    const { pending, waiting } = this.#calls
    const finished = this.#inbox.inFlight + pending + waiting === 0
    if (!finished || this.#state === 'over' || this.#state === 'ending') return
    if (this.#state === 'open' && !this.#closing) return
    if (this.#farewell !== undefined) this.#add(this.#farewell)
    this.#state = 'ending'
    this.#deaf = true // what comes now could not be answered, so it is not run
    this.#lose(this.#cause)
  }
  // #endregion

  /** What a session has in hand. */
  get stats() {
    return {
      /** Calls whose callers wait. */
      pending: this.#calls.pending,
      /** Calls and notifications of ours that are not written yet. */
      waiting: this.#calls.waiting,
      /** Calls that were written and have no reply, given up or not. */
      unanswered: this.#calls.unanswered,
      /** Requests that have come and have no answer yet, parked or running. */
      requests: this.#inbox.inFlight,
      /** Requests and notifications that wait unrun. */
      parked: this.#parked.length,
      /** Bytes that wait to be sent. */
      held: this.#output.held,
      /** Replies that nobody waited for. */
      unknownReplies: this.#calls.unknownReplies,
    }
  }

  #goOn(): void {
    this.#writeWaiting()
    this.#unpark()
    this.#endIfIdle()
  }

  #add(text: string): void {
    this.#output.add(text)
    if (this.#output.held > this.limits.highWater) this.#full = true
    this.#events.wake(this.#output.ready >= enough)
  }

  #checkSize({ length }: string): void {
    const { hardCap } = this.limits
    if (length > hardCap) throw new OverflowError(`a message of ${length} bytes or more; at most ${hardCap} may wait`)
  }

  #overflow(): void {
    this.destroy(new OverflowError(`the peer does not read: more than ${this.limits.hardCap} bytes wait`))
  }
}
