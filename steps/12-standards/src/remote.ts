import type { Call, CallOptions, Json, Params } from '@rpc-steps/async-await'
import type { Items } from '@rpc-steps/streaming'

/** A way to the service, whatever is spoken on it. Errors are RpcError and DisconnectedError, by `statuses.ts`. */
export interface Remote {
  readonly call: Call
  /** An answer that comes in pieces, with pieces going up if there are some; leaving the loop cancels it. */
  stream(method: string, params?: Params, options?: CallOptions & { up?: Items }): AsyncIterable<Json>
  /** One answer to many pieces. */
  upload(method: string, params: Params | undefined, up: Items, options?: CallOptions): Promise<Json>
  /** Makes no more calls, and ends when none is in flight. */
  close(): Promise<void>
}
