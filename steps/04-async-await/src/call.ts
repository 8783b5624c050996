import { systemClock } from '@rpc-steps/session'
import type { Clock } from '@rpc-steps/session'
import { codes, RpcError } from '@rpc-steps/wire'
import type { Extras, Json, Params, Request } from '@rpc-steps/wire'
import { Bag, type Key } from './bag.ts'
import type { Peer } from './peer.ts'

// #region types
/** Calls a remote method; rejects with RpcError, DisconnectedError, or the signal's reason. */
export type Call = (method: string, params?: Params, options?: CallOptions) => Promise<Json>

/** Answers one request: with a value at once, or with the promise of one. */
export type Handler = (request: Request, context: RequestContext) => Answer | PromiseLike<Answer>

/** `undefined` is sent as null. */
export type Answer = Json | void
// #endregion

/** Whether what a handler gave back is the promise of an answer: of this language, or of another's. */
export function isPromise<T>(answer: T | PromiseLike<T>): answer is PromiseLike<T> {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === 'function'
}

/** What a caller may ask beside the call. */
export interface CallOptions {
  /** Stops the waiting. The server is not told, and its late reply is dropped. */
  signal?: AbortSignal | undefined
  /** What rides beside the request. Asked for when it is written, which may be late. */
  extras?: (() => Extras) | undefined
  /** The request is being written, to this peer and with this id; never said of one that is not. */
  sent?: ((peer: Peer, id: number) => void) | undefined
}

/** What a handler knows beside its request. */
export interface RequestContext extends Pick<Bag, 'get' | 'set'> {
  /** Who asks. Behind another protocol there may be none. */
  readonly peer: Peer | undefined
  /** To call back whoever asks. */
  readonly call: Call
  /** Names the connection in a trace: the client's port. */
  readonly label: number
  /** Characters of the message that it came in; of the requests of a batch, the first has them all. */
  readonly size: number
  /** Aborted when nobody can hear the answer any more, or `abort` was called; also if that was before anybody asked for it. */
  readonly signal: AbortSignal
  /** Waits `ms` milliseconds; rejects when the signal is aborted. */
  sleep(ms: number): Promise<void>
  /** Ends this request, and no other: `reason` is its answer, and the reason of the signal. */
  abort(reason: Error): void
}

// #region context
/** The context of one request. Most handlers ask for little of it, so it makes what is asked for. */
export class Context extends Bag implements RequestContext {
  readonly peer: Peer | undefined
  readonly call: Call
  readonly label: number
  readonly size: number
  readonly #clock: Clock
  #sleeps: Set<(reason: Error) => void> | undefined
  #controller: AbortController | undefined
  /** What it was ended for. */
  reason: Error | undefined
  /** Told when the request is ended from here. */
  onAbort: ((reason: Error) => void) | undefined

  constructor({ peer, call = peer?.call ?? nobody, label = 0, size = 0, clock = systemClock }: ContextOptions = {}) {
    super(peer)
    this.peer = peer
    this.call = call
    this.label = label
    this.size = size
    this.#clock = clock
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.reason) this.#controller.abort(this.reason)
    return this.#controller.signal
  }

  /** The same as `setTimeout` of `node:timers/promises` with the signal, for much less of the processor's time. */
  sleep(ms: number): Promise<void> {
    const sleeps = (this.#sleeps ??= new Set())
    return new Promise((resolve, reject) => {
      if (this.reason) throw this.reason
      const wake = (reason: Error) => {
        cancel()
        reject(reason)
      }
      const cancel = this.#clock.after(ms, () => {
        sleeps.delete(wake)
        resolve()
      })
      sleeps.add(wake)
    })
  }

  abort(reason: Error): void {
    if (this.reason) return
    this.reason = reason
    this.onAbort?.(reason)
    this.#controller?.abort(reason)
    for (const wake of this.#sleeps ?? []) wake(reason)
    this.#sleeps?.clear()
  }
}
// #endregion

/** What a context is made of; all of it can be left out, for adapters and tests. */
export interface ContextOptions {
  peer?: Peer | undefined
  call?: Call | undefined
  label?: number | undefined
  size?: number | undefined
  clock?: Clock | undefined
}

const nobody: Call = () => Promise.reject(new RpcError(codes.methodNotFound, 'Method not found'))

// #region methods
/** A handler of functions by their names: each takes the parameters and the context. */
export function methods(
  table: Readonly<Record<string, (params: never, context: RequestContext) => Answer | PromiseLike<Answer>>>,
): Handler {
  // A Map, because on an object `constructor` and `__proto__` would be found, and be methods.
  const byName = new Map(Object.entries(table))
  return ({ method, params }, context) => {
    const run = byName.get(method)
    if (!run) throw new RpcError(codes.methodNotFound, 'Method not found')
    return run(params as never, context)
  }
}
// #endregion

/** Another context, as it is: what differs says who extends it. */
export class ContextAround implements RequestContext {
  protected readonly inner: RequestContext

  constructor(inner: RequestContext) {
    this.inner = inner
  }

  get peer(): Peer | undefined {
    return this.inner.peer
  }
  get call(): Call {
    return this.inner.call
  }
  get label(): number {
    return this.inner.label
  }
  get size(): number {
    return this.inner.size
  }
  get signal(): AbortSignal {
    return this.inner.signal
  }
  get<T>(key: Key<T>): T | undefined {
    return this.inner.get(key)
  }
  set<T>(key: Key<T>, value: T): void {
    this.inner.set(key, value)
  }
  sleep(ms: number): Promise<void> {
    return this.inner.sleep(ms)
  }
  abort(reason: Error): void {
    this.inner.abort(reason)
  }
}
