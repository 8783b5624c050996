import { service } from '@rpc-steps/service'
import type { Job, Method, Service } from '@rpc-steps/service'
import type { Json, Params } from '@rpc-steps/wire'
import type { Call, CallOptions } from './call.ts'
import type { Peer } from './peer.ts'

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

/** The same methods, to be told something: there is no answer. */
export type Notifier<S = Service> = {
  readonly [M in keyof S]: {} extends ParamsOf<S[M]>
    ? (params?: ParamsOf<S[M]>) => Promise<void>
    : (params: ParamsOf<S[M]>) => Promise<void>
}

// #region client
/**
 * `client(call).say({ text })` for `call('say', { text })`, with the types of the service. The
 * types are a promise of the program's author: what the peer really sends is not checked.
 */
export function client<S extends object = Service>(call: Call, methods: S = service as unknown as S): Client<S> {
  return named(methods, (method) => (params?: Params, options?: CallOptions) => call(method, params, options)) as Client<S>
}

/** `notifier(peer).update([1])` for `peer.notify('update', [1])`. */
export function notifier<S extends object = Service>(
  peer: Pick<Peer, 'notify'>,
  methods: S = service as unknown as S,
): Notifier<S> {
  return named(methods, (method) => (params?: Params) => peer.notify(method, params)) as Notifier<S>
}

/**
 * A function for each name. Only for those: JavaScript asks an object for methods of its own, `await`
 * for `then` and `JSON.stringify` for `toJSON`, and a proxy that has them all would call the peer.
 */
function named(methods: object, make: (method: string) => unknown): object {
  return Object.fromEntries(Object.keys(methods).map((method) => [method, make(method)]))
}
// #endregion
