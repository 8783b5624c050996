import type { Duplex } from 'node:stream'
import { Connection } from '@rpc-steps/callbacks'
import type { ConnectionOptions } from '@rpc-steps/callbacks'
import type { Listener, Outgoing, Session } from '@rpc-steps/session'
import { codes, DisconnectedError, RpcError } from '@rpc-steps/wire'
import type { Params, Request, Respond } from '@rpc-steps/wire'
import { Bag } from './bag.ts'
import { Context, isPromise } from './call.ts'
import type { Answer, Call, Handler } from './call.ts'
import { Signals } from './signals.ts'

/** How one end of a connection behaves. */
export interface PeerOptions extends ConnectionOptions {
  /** Answers the other side's requests. Without one there are no methods here. */
  handler?: Handler
  /** Each is given the peer before a byte of it is read: to hear notifications, to keep values, to talk first. */
  extensions?: readonly ((peer: Peer) => void)[]
}

const noMethods: Handler = () => {
  throw new RpcError(codes.methodNotFound, 'Method not found')
}

/** A call whose caller has a signal. */
interface Watched {
  call: Outgoing | undefined
  reject: ((reason: unknown) => void) | undefined
}

/**
 * One end of a connection. Both ends are alike: each may call the other. Any stream of bytes will
 * do, and it is the peer's own from here on.
 */
export class Peer extends Bag {
  /** Resolves when no message will come any more, to the error that is the reason, if one is. Never rejects. */
  readonly ended: Promise<unknown>
  /** Resolves when the connection has closed, to the error that ended it, if one did. Never rejects. */
  readonly closed: Promise<unknown>
  /** Names the connection in a trace: the client's port. */
  readonly label: number
  readonly #session: Session
  readonly #options: PeerOptions
  readonly #handler: Handler
  /** The requests whose handlers have not answered yet. */
  readonly #handling = new Set<Context>()
  #state: 'open' | 'closing' | 'closed' = 'open'

  constructor(stream: Duplex, options: PeerOptions = {}) {
    super()
    this.#options = options
    this.#handler = options.handler ?? noMethods
    this.label = options.label ?? 0
    let [ended, closed] = [(_cause: unknown) => {}, (_cause: unknown) => {}]
    this.ended = new Promise((resolve) => (ended = resolve))
    this.closed = new Promise((resolve) => (closed = resolve))
    const events = {
      request: (request: Request, respond: Respond, size: number) => this.#onRequest(request, respond, size),
      room: () => this.#onRoom(),
      ended: (cause: unknown) => {
        this.#state = 'closing'
        ended(cause)
      },
      closed: (cause: unknown) => {
        this.#onClosed(cause)
        closed(cause)
      },
    }
    this.#session = new Connection(stream, events, options).session
    for (const extend of options.extensions ?? []) extend(this)
  }

  // #region call
  /** Calls a method of the other side. What it has no room for waits here until it has. */
  readonly call: Call = (method, params, { signal, extras, sent } = {}) =>
    new Promise((resolve, reject) => {
      // Whatever is thrown in here rejects the promise.
      signal?.throwIfAborted()
      const watched: Watched | undefined = signal && { call: undefined, reject }
      // No closure gets a name here: tsx would write it into each, and that is dear.
      const call = this.#session.call(
        method,
        params,
        (error, result) => {
          if (watched) {
            this.#signals.unwatch(signal!, watched)
            watched.call = watched.reject = undefined // who still holds it does not hold the result as well
          }
          if (error) reject(error)
          else resolve(result!)
        },
        { extras, sent: sent && ((id) => sent(this, id)) },
      )
      if (!watched) return
      watched.call = call
      this.#signals.watch(signal!, watched)
    })

  readonly #signals = new Signals<Watched>(({ call, reject }, reason) => {
    this.#session.giveUp(call!, () => {
      for (const listener of this.#abandoned) listener(call!.id!)
    })
    reject!(reason)
  })
  // #endregion

  // #region notify
  /** Tells the other side something, in order with the calls. Resolves when it is on its way. */
  notify(method: string, params?: Params): Promise<void> {
    const told = new Promise<void>((resolve, reject) => {
      this.#session.notify(method, params, (error) => (error ? reject(error) : resolve()))
    })
    // Who does not await it does not want to know, and an end of the connection is no crash.
    told.catch(() => {})
    return told
  }

  readonly #heard = new Map<string, Set<Listener>>()

  /**
   * Hears a notification by its name, at once and in the order of reading, past the handler and
   * whatever waits in front of it; and of how many characters its message is. Returns what ends that.
   */
  onNotification(method: string, listener: Listener): () => void {
    let listeners = this.#heard.get(method)
    if (!listeners) {
      const all = (listeners = new Set())
      this.#heard.set(method, listeners)
      this.#session.on(method, (params, size) => {
        for (const listener of all) this.#hear(listener, params, size)
      })
    }
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  #hear(listener: Listener, ...heard: Parameters<Listener>): void {
    try {
      listener(...heard)
    } catch (error) {
      const { log = console.error } = this.#options
      log(`a listener failed: ${(error as Error | null)?.stack ?? error}`)
    }
  }

  #room: Promise<void> | undefined
  #onRoom = () => {}

  /**
   * Undefined while there is room for more. Otherwise it resolves when there is: look again then,
   * because others have waited too. What is in nobody's way need not ask.
   */
  get room(): Promise<void> | undefined {
    if (!this.#session.full) return undefined
    return (this.#room ??= new Promise((resolve) => {
      this.#onRoom = () => {
        this.#room = undefined
        resolve()
      }
    }))
  }

  /**
   * Sees each request when it is read, before it waits for anything, and may give another way to
   * answer it: called once, when the answer leaves, whoever gives it. Must not throw.
   */
  onRequest(watcher: (request: Request, respond: Respond) => Respond): void {
    this.#session.watch(watcher)
  }

  readonly #abandoned = new Set<(id: number) => void>()

  /** Hears of each call that was sent and then given up, by its id. Returns what ends that. */
  onAbandoned(listener: (id: number) => void): () => void {
    this.#abandoned.add(listener)
    return () => this.#abandoned.delete(listener)
  }
  // #endregion

  // #region handle
  /** Starts the handler and goes on reading: nothing here waits for the answer. */
  #onRequest(request: Request, respond: Respond, size: number): void {
    const { label } = this
    const { clock } = this.#options
    const context = new Context({ peer: this, label, size, clock })
    let answer: Answer | PromiseLike<Answer>
    try {
      answer = this.#handler(request, context)
    } catch (error) {
      return respond(context.reason ?? error ?? new Error('the handler threw nothing'))
    }
    if (!isPromise(answer)) return respond(context.reason, answer)
    this.#handling.add(context)
    if (context.reason) respond(context.reason)
    else context.onAbort = respond
    // Not every promise is one of this language: some call back twice, or at once.
    Promise.resolve(answer).then(
      (result) => this.#answered(context, respond, null, result),
      (error: unknown) => {
        this.#answered(context, respond, error ?? new Error('the handler rejected with nothing'))
      },
    )
  }

  #answered(context: Context, respond: Respond, error: unknown, result?: Answer): void {
    this.#handling.delete(context)
    context.onAbort = undefined
    // A handler that stops because it was told to has nothing to answer, or to report.
    const { reason } = context
    if (reason && (error === reason || (error as Error | null)?.cause === reason)) return
    respond(error, result)
  }
  // #endregion

  // #region close
  /** Takes no more requests and makes no more calls, finishes those in flight both ways, then ends. */
  async close(): Promise<void> {
    if (this.#state === 'open') this.#state = 'closing'
    this.#session.close()
    await this.closed
  }

  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Ends it now, whatever is in flight. */
  destroy(cause?: Error): void {
    this.#session.destroy(cause)
  }

  #onClosed(cause: unknown): void {
    this.#state = 'closed'
    const gone = new DisconnectedError('the caller has gone', { cause })
    for (const context of this.#handling) {
      context.onAbort = undefined
      context.abort(gone)
    }
  }
  // #endregion

  /** False while nothing has come from an end whose framing is to be found out: what is said now it may not be able to read. */
  get knowsFraming(): boolean {
    return this.#session.knowsFraming
  }

  get state(): 'open' | 'closing' | 'closed' {
    return this.#state
  }

  /** What the connection has in hand; `handling` counts the handlers that have not answered. */
  get stats(): Session['stats'] & { handling: number } {
    return { ...this.#session.stats, handling: this.#handling.size }
  }
}
