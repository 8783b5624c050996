import type { Way } from '@rpc-steps/streaming'

/** A way to the service, whatever is spoken on it. Errors are RpcError and DisconnectedError, by `statuses.ts`. */
export interface Remote extends Way {
  /** Makes no more calls, and ends when none is in flight. */
  close(): Promise<void>
}
