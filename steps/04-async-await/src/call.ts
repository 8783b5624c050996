import type { Json, Params, Request } from '@rpc-steps/wire'

// #region types
/** Calls a remote method; rejects with RpcError, DisconnectedError, or the signal's reason. */
export type Call = (method: string, params?: Params, options?: CallOptions) => Promise<Json>

/** What a caller may ask beside the call. */
export interface CallOptions {
  /** Stops the waiting. The server is not told, and its late reply is dropped. */
  signal?: AbortSignal
}

/** Answers one request: with a value at once, or with the promise of one. */
export type Handler = (request: Request, context: RequestContext) => Answer | Promise<Answer>

/** `undefined` is sent as null. */
export type Answer = Json | void
// #endregion

// #region context
/** What a handler knows beside its request. */
export class RequestContext {
  /** To call back whoever asks. */
  readonly call: Call
  /** The client's port, which names the connection in a trace. */
  readonly port: number
  #controller: AbortController | undefined
  #sleeps: Map<(reason: Error) => void, NodeJS.Timeout> | undefined

  constructor(call: Call, port: number) {
    this.call = call
    this.port = port
  }

  /** Aborted when nobody can hear the answer any more. Made when it is first asked for. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  /**
   * Waits `ms` milliseconds; rejects when `signal` would be aborted. The same as `setTimeout`
   * of `node:timers/promises` with the signal, for a twentieth of the processor's time.
   */
  sleep(ms: number): Promise<void> {
    const sleeps = (this.#sleeps ??= new Map())
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        sleeps.delete(reject)
        resolve()
      }, ms)
      sleeps.set(reject, timer)
    })
  }

  /** For the peer: the connection has ended. */
  abort(reason: Error): void {
    this.#controller?.abort(reason)
    for (const [reject, timer] of this.#sleeps ?? []) {
      clearTimeout(timer)
      reject(reason)
    }
    this.#sleeps?.clear()
  }
}
// #endregion
