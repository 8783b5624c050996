import { Signals, systemClock } from '@rpc-steps/async-await'
import type { Call, CallOptions, Clock, Json, Params } from '@rpc-steps/async-await'
import type { Remote } from '@rpc-steps/standards'
import { endWith, Held, Reader, usualWindow } from '@rpc-steps/streaming'
import type { Items, StreamOptions } from '@rpc-steps/streaming'
import { codes, defaultMessageLimits, DisconnectedError, isDeeper, isReply, notificationText, parse, requestText, resultOf, RpcError, withExtras } from '@rpc-steps/wire'
import type { Meta, Reply } from '@rpc-steps/wire'
import type { Broker, Message, Subscription } from './broker.ts'
import { Exchange } from './exchange.ts'
import { seq, withHeaders } from './headers.ts'
import { inboxOf, isWorker, lastPart, newName, subjectsOf, usualSubject } from './subjects.ts'

/** How a client finds its service. */
export interface CallerOptions {
  /** The name of the service. */
  subject?: string
  /** What stands around each call, and each stream: a deadline, a token. */
  around?: (call: Call) => Call
  /** Milliseconds from one sign of life to the next, of a worker at its work. Default 1,000. */
  beatMs?: number
  clock?: Clock
}

/** Signs of life that may be missing. */
const missing = 4

/** A call that is sent and not answered. */
interface Pending {
  readonly id: number
  resolve(result: Json): void
  reject(error: unknown): void
  /** Lets go of its signal. */
  unwatch(): void
  /** When something was last heard of it. */
  heard: number
  /** Where its worker is. */
  worker: string | undefined
  readonly exchange: Exchange | undefined
}

/** Calls a service through a broker, whoever serves it there. Throws TypeError for a subject that is none. */
export function overBroker(broker: Broker, options: CallerOptions = {}): Caller {
  return new Caller(broker, options)
}

/** See `overBroker`. */
export class Caller implements Remote {
  readonly call: Call
  readonly #broker: Broker
  readonly #subject: string
  readonly #subjects: ReturnType<typeof subjectsOf>
  readonly #clock: Clock
  readonly #beatMs: number
  readonly #around: (call: Call) => Call
  readonly #name = newName()
  readonly #inbox: Subscription
  readonly #calls = new Map<number, Pending>()
  readonly #held = new Held()
  readonly #stopHearing: () => void
  #stopBeating: () => void = () => {}
  #last = 0
  #closing = false
  #onEmpty = () => {}
  /** Messages that belonged to no call: too late, or forged. */
  ignored = 0

  constructor(broker: Broker, { subject = usualSubject, beatMs = 1_000, clock = systemClock, around = (call) => call }: CallerOptions) {
    this.#broker = broker
    this.#subject = subject
    this.#subjects = subjectsOf(subject)
    this.#beatMs = beatMs
    this.#clock = clock
    this.#around = around
    this.call = around((method, params, options) => this.#ask(method, params, options))
    // One subscription for all that will ever be answered to it.
    this.#inbox = broker.subscribe(inboxOf(this.#name, '*'), (message) => this.#hear(message))
    this.#stopHearing = broker.onLost(() => this.#endAll(new DisconnectedError('the connection to the broker was lost')))
  }

  /** Calls that are sent and not answered. */
  get inFlight(): number {
    return this.#calls.size
  }

  // #region ask
  async #ask(method: string, params: Params | undefined, { signal, extras }: CallOptions = {}, { prepare, meta }: Beside = {}): Promise<Json> {
    signal?.throwIfAborted()
    for (let room; (room = this.#broker.room); signal?.throwIfAborted()) await either(room, signal)
    if (this.#closing) throw new DisconnectedError('the client is closed', { sent: false })
    const id = ++this.#last
    const given = extras?.()
    const { headers, extras: beside } = withHeaders({ ...given, meta: { ...given?.meta, ...meta } })
    const text = String(withExtras(requestText(id, method, params), beside))
    return new Promise((resolve, reject) => {
      // Whatever is thrown in here rejects the promise.
      this.#broker.publish(this.#subjects.call, text, { reply: this.#own(id), headers })
      const unwatch = () => signal && this.#signals.unwatch(signal, pending)
      const pending: Pending = { id, resolve, reject, unwatch, heard: this.#clock.now(), worker: undefined, exchange: prepare?.(id) }
      this.#calls.set(id, pending)
      if (signal) this.#signals.watch(signal, pending)
      if (this.#calls.size === 1) this.#beat()
    })
  }

  #own(id: number): string {
    return inboxOf(this.#name, id)
  }

  readonly #signals = new Signals<Pending>((pending, reason) => this.#giveUp(pending, reason))

  /** Tells its worker, or all of them as long as it is not known who that is. */
  #giveUp(pending: Pending, reason: unknown): void {
    const { id, worker = this.#subjects.cancel } = pending
    if (this.#settle(pending)) pending.reject(reason)
    if (this.#broker.up) this.#broker.publish(worker, String(notificationText('$/cancelRequest', { id })), { reply: this.#own(id) })
  }

  #settle(pending: Pending): boolean {
    if (!this.#calls.delete(pending.id)) return false
    pending.unwatch()
    if (this.#calls.size === 0) {
      this.#stopBeating()
      this.#onEmpty()
    }
    return true
  }
  // #endregion

  // #region hear
  #hear(message: Message): void {
    const pending = this.#calls.get(Number(lastPart(message.subject)))
    if (!pending) return this.#late(message)
    if (message.nobody) return this.#nobody(pending)
    let text, content
    try {
      text = message.text()
      content = parse(text)
    } catch {
      return void this.ignored++ // what comes from nobody knows whom says nothing about the call
    }
    const { id, exchange } = pending
    if (isReply(content)) {
      if (content.id !== id) return void this.ignored++
      const { depth } = defaultMessageLimits
      const failure = text.length > 2 * depth && isDeeper(content, depth) ? new RpcError(codes.invalidRequest, 'Invalid Request', `nested over ${depth} levels`) : undefined
      return this.#answered(pending, message, failure ? { jsonrpc: '2.0', id, failure } : content)
    }
    const { method, params } = (content ?? {}) as { method?: unknown; params?: { id?: unknown } }
    if (typeof method !== 'string' || params?.id !== id) return void this.ignored++
    pending.heard = this.#clock.now()
    if (pending.worker === undefined && isWorker(this.#subject, message.reply)) {
      pending.worker = message.reply
      exchange?.found(message.reply)
    }
    exchange?.hear(method, params, message)
  }

  #answered(pending: Pending, message: Message, reply: Reply): void {
    this.#settle(pending)
    try {
      // The last message of a stream says how many there were. What was refused was none, and has no number.
      if (message.header(seq) !== undefined || reply.error === undefined) pending.exchange?.count(message, false)
      pending.resolve(resultOf(reply))
    } catch (error) {
      pending.reject(error)
    }
  }

  /** Its call is over here. If a worker is still at it, the cancel was lost: told again, it has its place free for others. */
  #late({ subject, reply }: Message): void {
    this.ignored++
    if (!isWorker(this.#subject, reply) || !this.#broker.up) return
    const cancel = notificationText('$/cancelRequest', { id: Number(lastPart(subject)) })
    this.#broker.publish(reply, String(cancel), { reply: subject })
  }

  /** Nobody has subscribed to where it was sent: the service, or once it was taken the worker that had it. */
  #nobody(pending: Pending): void {
    this.#settle(pending)
    const gone = new DisconnectedError('the worker has gone in the middle')
    pending.reject(pending.worker === undefined ? nobody(this.#subject) : gone)
  }
  // #endregion

  // #region beat
  /** A worker may be gone with what it had. While it works it says so; so who says nothing any more has gone. */
  #beat(): void {
    this.#stopBeating = this.#clock.after(this.#beatMs, () => {
      const silent = this.#clock.now() - missing * this.#beatMs
      for (const pending of [...this.#calls.values()]) {
        if (pending.heard < silent) this.#giveUp(pending, new DisconnectedError(`nothing was heard of the worker for ${missing * this.#beatMs} ms`))
        else pending.exchange?.beat()
      }
      if (this.#calls.size > 0) this.#beat()
    })
  }

  #endAll(error: Error): void {
    for (const pending of [...this.#calls.values()]) if (this.#settle(pending)) pending.reject(error)
  }
  // #endregion

  stream(method: string, params?: Params, { up, credit = usualWindow, ...options }: StreamOptions = {}): AsyncIterable<Json> {
    return {
      [Symbol.asyncIterator]: () => {
        const end = new AbortController()
        let exchange: Exchange
        const grant = (credit: number) => exchange.grant(credit)
        const reader = new Reader(credit, { grant, stopped: () => end.abort(over) }, true)
        const begun = (made: Exchange) => {
          exchange = made
          exchange.reader = reader
        }
        endWith(reader, this.#exchange(method, params, options, { end, up, begun, credit }), method)
        return reader
      },
    }
  }

  upload(method: string, params: Params | undefined, up: Items, options: CallOptions = {}): Promise<Json> {
    return this.#exchange(method, params, options, { end: new AbortController(), up })
  }

  async #exchange(method: string, params: Params | undefined, { signal, extras }: CallOptions, { end, up, begun, credit }: Streams): Promise<Json> {
    signal?.throwIfAborted()
    if (signal) shared.watch(signal, end)
    let cause: unknown
    const prepare = (id: number) => {
      const exchange = new Exchange({ broker: this.#broker, id, writes: 'up', own: this.#own(id), held: this.#held, failed: (error) => end.abort(error) })
      begun?.(exchange)
      if (up) exchange.send(up, end.signal).catch((error: unknown) => (cause = error))
      return exchange
    }
    const meta: Meta = { ...(credit !== undefined && { credit }), ...(up && { stream: true }) }
    try {
      const call: Call = (method, params, options) => this.#ask(method, params, options, { prepare, meta })
      return await this.#around(call)(method, params, { signal: end.signal, extras })
    } catch (error) {
      throw cause ?? error
    } finally {
      if (signal) shared.unwatch(signal, end)
      end.abort(over)
    }
  }

  /** Makes no more calls, waits for those that are in flight, and hears nothing any more. */
  async close(): Promise<void> {
    this.#closing = true
    if (this.#calls.size > 0) await new Promise<void>((resolve) => (this.#onEmpty = resolve))
    this.#stopHearing()
    await this.#inbox.end()
  }
}

interface Beside {
  readonly prepare?: (id: number) => Exchange
  readonly meta?: Meta
}

/** What a call with streams has beside an ordinary one. */
interface Streams {
  /** Ends it, from this side. */
  readonly end: AbortController
  readonly up: Items | undefined
  readonly begun?: (exchange: Exchange) => void
  readonly credit?: number
}

// One listener for each signal, however many streams share it.
const shared = new Signals<AbortController>((controller, reason) => controller.abort(reason))
const over = new Error('the call is over')

function nobody(subject: string): RpcError {
  return new RpcError(codes.unavailable, `Nobody serves ${subject}`, { status: 'UNAVAILABLE' })
}

/** Resolves when one of both is so far. */
async function either(room: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return room
  let onAbort!: () => void
  const aborted = new Promise<void>((resolve) => (onAbort = resolve))
  signal.addEventListener('abort', onAbort)
  await Promise.race([room, aborted])
  signal.removeEventListener('abort', onAbort)
}
