import { lookup } from '@rpc-steps/service'
import type { Request, Respond } from '@rpc-steps/wire'

// #region handler
/**
 * Answers one request: starts whatever takes time, returns at once, and calls `respond`
 * when it has the answer. What it throws before it returns becomes an "Internal error".
 */
export type Handler = (request: Request, respond: Respond) => void

/** The service. To wait is to set a timer, and to leave. */
export const answer: Handler = (request, respond) => {
  const { wait, run } = lookup(request)
  if (wait === 0) return respond(null, run())
  setTimeout(() => {
    // Nobody who could catch anything is still there, so this function has to.
    try {
      respond(null, run())
    } catch (error) {
      respond(error)
    }
  }, wait)
}
// #endregion
