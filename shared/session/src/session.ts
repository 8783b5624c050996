import { createFramer, DisconnectedError, errorText, FramingError, Inbox } from '@rpc-steps/wire'
import type { Framer, Framing, Params, Reply, Request, Respond, Text } from '@rpc-steps/wire'
import { Calls } from './calls.ts'
import type { CallExtras, Outgoing, Settle } from './calls.ts'
import { limitsOf } from './limits.ts'
import type { Limits } from './limits.ts'
import { Output, OverflowError } from './output.ts'
import { Patience } from './patience.ts'
import { Requests } from './requests.ts'
import type { Listener, Watcher } from './requests.ts'

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
  /**
   * Run this request now, and call `respond` now or later. `size` is the characters of its message;
   * of the requests of a batch, the first has them all.
   */
  request(request: Request, respond: Respond, size: number): void
  /**
   * There is something to do: bytes to send, an end, reading to be gone on with. At once, if there
   * is `enough` for a write; otherwise when this turn is over, with all that is still to come.
   */
  wake(enough: boolean): void
  /** Calls have waited for room, and now none does. */
  drain?(): void
  /** The output was full, and there is room again, which neither calls nor answers have filled. */
  room?(): void
  /** Once: no message will come any more, and every call was told. `cause` says why, unless that is in order. */
  ended?(cause: unknown): void
}

/** Bytes that leave without waiting for the rest of the turn: the peer can work on them meanwhile. */
const enough = 32 * 1024
/** Bytes of an unfinished frame that count as progress. */
const stretch = 16 * 1024

/**
 * One end of a connection, without the connection. Bytes, ends and time come in; bytes and wishes
 * go out. It does no I/O and knows no clock: whoever drives it does the waiting.
 */
export class Session {
  readonly limits: Limits
  readonly #events: SessionEvents
  readonly #log: (line: string) => void
  readonly #framer: Framer
  readonly #auto: boolean
  readonly #inbox: Inbox
  readonly #output: Output
  readonly #calls: Calls
  readonly #requests: Requests

  /** Throws RangeError for a limit that is none. */
  constructor(events: SessionEvents, options: SessionOptions = {}) {
    const { framing = 'content-length', log = console.error, label = 0 } = options
    this.limits = limitsOf(options)
    this.#events = events
    this.#log = log
    this.#framer = createFramer(framing, this.limits)
    this.#auto = framing === 'auto'
    this.#output = new Output(this.#framer, this.limits)
    this.#calls = new Calls(this.#output, this.limits, label)
    this.#requests = new Requests(this.#output, this.#calls, this.limits, label, events.request)
    const inbox = {
      request: (request: Request, respond: Respond) => this.#requests.take(request, respond),
      reply: (reply: Reply) => this.#onReply(reply),
      send: (text: Text) => this.#answer(text),
      internalError: log,
    }
    this.#inbox = new Inbox(inbox, this.limits)
  }

  // #region in
  #bytes = 0
  #messages = 0
  /** Whatever still comes is dropped. */
  #deaf = false
  #peerEnded = false

  /** Bytes came. Their memory can be used again when this returns. */
  received(chunk: Uint8Array, length = chunk.length): void {
    if (this.#deaf) return
    this.#bytes += length
    try {
      this.#framer.push(chunk, length)
      for (let text; !this.#deaf && (text = this.#framer.next()) !== undefined; ) {
        this.#messages++
        this.#requests.begin(text.length)
        this.#inbox.receive(text)
      }
    } catch (error) {
      if (error instanceof FramingError) this.#refuse(error)
      else if (error instanceof OverflowError) this.destroy(error)
      else throw error
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
    this.#requests.drop()
    this.#cause ??= cause // the calls may be lost already, in order, because the peer had ended
    this.#lose(cause)
  }

  /** Whether the other end can read what we say: with `auto`, how it tells messages apart is known when it has spoken. */
  get knowsFraming(): boolean {
    return !this.#auto || this.#bytes > 0
  }

  #onReply(reply: Reply): void {
    const { unknownReplies } = this.#calls
    this.#calls.answered(reply)
    if (reply.id !== null || !reply.error || unknownReplies === this.#calls.unknownReplies) return
    this.#log(`the peer reports an error of no certain call: ${JSON.stringify(reply.error)}`)
  }
  // #endregion

  // #region out
  /** Bytes to send, at most 64 KiB at a time; undefined when there are none. */
  next(): Buffer | undefined {
    return this.#output.next()
  }

  /** Whether something is to come after what `next` has given: more bytes, whoever waits for room, or the end. */
  get goesOn(): boolean {
    return this.#output.ready > 0 || this.#output.full || this.#closing || this.#state !== 'open'
  }

  /** `count` bytes have left: all that `next` has given, or a part. */
  took(count: number): void {
    const { full } = this.#output
    this.#output.took(count)
    this.#goOn()
    if (full && !this.#output.full) this.#events.room?.()
  }

  /** True while more waits to be sent than should: what can wait, waits for `room`. */
  get full(): boolean {
    return this.#output.full
  }

  /** Whether to read on. */
  get reads(): boolean {
    return this.#deaf || !this.#requests.isFull || this.#calls.unanswered > 0
  }

  #answer(text: Text): void {
    if (this.#state === 'ending' || this.#state === 'over') return
    this.#output.check(text)
    if (this.#output.overflows(text)) {
      return this.destroy(new OverflowError(`the peer does not read: more than ${this.limits.hardCap} bytes wait`))
    }
    this.#requests.answered()
    this.#output.add(text)
    this.#endIfIdle()
    this.#wake()
  }

  #wake(): void {
    this.#events.wake(this.#output.ready >= enough)
  }

  /** Whatever can go on when something has changed: calls first, which the window bounds, then requests. */
  #goOn(): void {
    this.#calls.writeWaiting()
    this.#requests.runParked()
    if (this.#heldBack && this.#calls.waiting === 0) {
      this.#heldBack = false
      this.#events.drain?.()
    }
    this.#endIfIdle()
    if (this.#output.ready > 0) this.#wake()
  }
  // #endregion

  // #region calls
  #heldBack = false

  /**
   * Calls a method of the other end; what cannot be written yet waits for its turn. Throws what is
   * known at once: DisconnectedError, OverflowError, TypeError if the parameters are no JSON.
   */
  call(method: string, params: Params | undefined, settle: Settle, more: CallExtras = {}): Outgoing {
    this.#checkOpen()
    const call = this.#calls.call(method, params, settle, more)
    this.#said()
    return call
  }

  /** Tells the other end something, in order with the calls. `settle` is told when it is written. Throws as `call` does. */
  notify(method: string, params?: Params, settle: Settle = () => {}): void {
    // These speak of what is in flight, and that goes on while we close, or when the peer sends no more.
    const goesOn = method.startsWith('$/') && (this.#state === 'open' || this.#state === 'draining')
    if (!goesOn) this.#checkOpen()
    this.#calls.notify(method, params, settle)
    this.#said()
  }

  /**
   * The caller waits no longer. What was not written never will be. Returns true if it was; then
   * `tell` is called while that can still be said, also if this call was the last that a close waits for.
   */
  giveUp(call: Outgoing, tell?: () => void): boolean {
    const written = this.#calls.giveUp(call)
    if (written) tell?.()
    this.#goOn()
    return written
  }

  /** True while calls wait for room: time to wait for `drain` before making more. */
  get holdsBack(): boolean {
    return this.#heldBack
  }

  #said(): void {
    if (this.#calls.waiting > 0) this.#heldBack = true
    this.#wake()
  }

  #checkOpen(): void {
    if (this.#state === 'open' && !this.#closing) return
    const why = this.#closing ? 'the connection was closed by this side' : 'the connection has ended'
    throw new DisconnectedError(why, { cause: this.#cause, sent: false })
  }

  /** Hears a notification by its name, at once, past all requests that wait. */
  on(method: string, listener: Listener): void {
    this.#requests.listen(method, listener)
  }

  /** Sees each request when it is read, before it waits for anything. */
  watch(watcher: Watcher): void {
    this.#requests.watch(watcher)
  }
  // #endregion

  // #region time
  readonly #frameClock = new Patience()
  readonly #sendClock = new Patience()
  readonly #graceClock = new Patience()
  readonly #lingerClock = new Patience()
  /** Somebody was waited for when we last looked. */
  #waited = false

  get #inFrame(): boolean {
    return this.#framer.partial && !this.#deaf && !this.#peerEnded && this.reads
  }

  /** Whether the time matters: somebody is waited for, or was when we last looked. Nearly always nobody is. */
  get isTimed(): boolean {
    return this.#waited || this.#inFrame || this.#output.held > 0 || this.#closing || this.#weEnded
  }

  /**
   * It is `now`: milliseconds on any clock that never goes back. To be said after everything else;
   * returns when to say it again at the latest.
   */
  tick(now: number): number {
    if (this.over || !this.isTimed) return Infinity
    const { held, left } = this.#output
    const inFrame = this.#inFrame
    this.#waited = inFrame || held > 0 || this.#closing || this.#weEnded

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

  // #region end
  /**
   * Open; draining, when nothing new is heard and what is in flight is finished; ending, when the
   * last byte waits to be sent; over.
   */
  #state: 'open' | 'draining' | 'ending' | 'over' = 'open'
  /** Set by `close`: no new requests are taken, and we do not wait for ever. */
  #closing = false
  #weEnded = false
  /** The last thing to say. */
  #farewell: string | undefined
  #cause: unknown
  #lost = false

  /** Takes no more requests, makes no more calls, finishes what is in flight both ways, then ends. */
  close(): void {
    this.#closing = this.#requests.closing = true
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
    if (this.#state !== 'draining' && !(this.#state === 'open' && this.#closing)) return
    const { pending, waiting } = this.#calls
    if (this.#inbox.inFlight + pending + waiting > 0) return
    if (this.#farewell !== undefined) this.#output.add(this.#farewell)
    this.#state = 'ending'
    this.#deaf = true // what comes now could not be answered, so it is not run
    this.#lose(this.#cause)
  }

  /** True, once, when our end of the stream is due: everything was sent. */
  takeEnd(): boolean {
    if (this.#state !== 'ending' || this.#weEnded || this.#output.held > 0) return false
    this.#weEnded = true
    return true
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
      parked: this.#requests.parked,
      /** Bytes that wait to be sent. */
      held: this.#output.held,
      /** Replies that nobody waited for. */
      unknownReplies: this.#calls.unknownReplies,
    }
  }
}
