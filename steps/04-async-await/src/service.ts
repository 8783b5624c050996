import { lookup } from '@rpc-steps/service'
import { trace } from '@rpc-steps/trace'
import type { Handler } from './call.ts'

// #region service
/** Answers the methods of the service. A plain value needs no promise, so it gets none. */
export const answer: Handler = (request, context) => {
  const { method, id } = request
  const { wait, run } = lookup(request)
  if (wait === 0) return trace.ran(method, context.label, id, run)
  return context.sleep(wait).then(() => trace.ran(method, context.label, id, run))
}
// #endregion
