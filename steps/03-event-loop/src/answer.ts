import { lookup } from '@rpc-steps/service'
import type { Handler } from './handler.ts'

// #region answer
/** The service, waiting the way of this step: a timer of the loop, and the thread is free. */
export const answer: Handler = (request, respond, after) => {
  const { wait, run } = lookup(request)
  if (wait === 0) respond(null, run())
  else after(wait, () => respond(null, run()))
}
// #endregion
