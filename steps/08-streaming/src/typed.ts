import { client } from '@rpc-steps/async-await'
import type { Service } from '@rpc-steps/service'
import type { Call, Client, Json } from '@rpc-steps/async-await'
import { stream, upload } from './calling.ts'
import type { StreamOptions } from './calling.ts'
import type { Items } from './writer.ts'

type Of<T> = AsyncIterable<T> | Iterable<T>
type Options = Omit<StreamOptions, 'up'>

// #region typed
/** The methods of the service, with those that stream, to be called as if they were here. */
export interface StreamClient extends Client {
  /** 1, 2, 3 and so on to `to`. */
  count(params: { to: number }, options?: Options): AsyncIterable<number>
  /** The same numbers, as many as `items`, one every `ms` milliseconds. */
  feed(params: { ms: number; items: number }, options?: Options): AsyncIterable<number>
  /** The sum of the numbers that go up. */
  total(up: Of<number>, options?: Omit<Options, 'credit'>): Promise<number>
  /** What goes up comes down again. */
  echo<T extends Json>(up: Of<T>, options?: Options): AsyncIterable<T>
}

/** `streamClient(call).count({ to: 3 })` for `stream(call, 'count', { to: 3 })`. */
export function streamClient(call: Call): StreamClient {
  return {
    ...client<Service>(call),
    count: (params, options) => stream(call, 'count', params, options) as AsyncIterable<number>,
    feed: (params, options) => stream(call, 'feed', params, options) as AsyncIterable<number>,
    total: (up, options) => upload(call, 'total', undefined, up, options) as Promise<number>,
    echo: (up, options) => stream(call, 'echo', undefined, { ...options, up: up as Items }) as AsyncIterable<never>,
  }
}
// #endregion
