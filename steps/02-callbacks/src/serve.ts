import { lookup } from '@rpc-steps/service'
import type { Handler } from './server.ts'

// #region serve
/** The service, waiting the way of this step: a timer is set, and the thread is free at once. */
export const serve: Handler = (request, respond) => {
  const { wait, run } = lookup(request)
  if (wait === 0) return respond(null, run())
  setTimeout(() => {
    // The caller's `try` is long gone, so there must be one here.
    try {
      respond(null, run())
    } catch (error) {
      respond(error)
    }
  }, wait)
}
// #endregion
