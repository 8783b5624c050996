import { lookup } from '@rpc-steps/service'
import { trace } from '@rpc-steps/trace'
import type { Json, Request } from '@rpc-steps/wire'

/** What a handler may use of the connection that its request came from. */
export interface Context {
  /** Puts the thread to sleep for `ms` milliseconds. */
  readonly sleep: (ms: number) => void
  /** Names the connection in a trace: the client's port. */
  readonly label: number
}

// #region handler
/** Answers one request. It may wait: nothing else happens in this thread until it returns. */
export type Handler = (request: Request, context: Context) => Json | void

/** Answers the methods of the service. */
export const answer: Handler = (request, { sleep, label }) => {
  const { wait, run } = lookup(request)
  if (wait > 0) sleep(wait)
  return trace.ran(request.method, label, request.id, run)
}
// #endregion
