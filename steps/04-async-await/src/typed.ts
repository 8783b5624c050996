import type { Job, Method, Service } from '@rpc-steps/service'
import type { Json, Params } from '@rpc-steps/wire'
import type { Call, CallOptions } from './call.ts'

// #region types
type ParamsOf<M> = M extends Method<infer P, Json | void> ? P : never
type ResultOf<M> = M extends { prepare: (...params: never) => Job<infer R> } ? Received<R> : never
/** What comes out of JSON when a method's answer went in. */
type Received<R> = R extends void ? null : R

/** The methods of a service, to be called as if they were here. */
export type Client<S = Service> = {
  readonly [M in keyof S]: {} extends ParamsOf<S[M]>
    ? (params?: ParamsOf<S[M]>, options?: CallOptions) => Promise<ResultOf<S[M]>>
    : (params: ParamsOf<S[M]>, options?: CallOptions) => Promise<ResultOf<S[M]>>
}
// #endregion

// #region client
/**
 * `client(call).say({ text })` for `call('say', { text })`, with the types of the service. The
 * types are a promise of the program's author: what the peer really sends is not checked.
 */
export function client<S = Service>(call: Call): Client<S> {
  const get = (_: object, method: string | symbol) => {
    // `await` asks every object for `then`; a client that had one would call the peer.
    if (typeof method !== 'string' || method === 'then') return undefined
    return (params?: Params, options?: CallOptions) => call(method, params, options)
  }
  return new Proxy({}, { get }) as Client<S>
}
// #endregion
