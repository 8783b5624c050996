import { lookup } from '@rpc-steps/service'
import { trace } from '@rpc-steps/trace'
import type { Handler } from './call.ts'

// #region service
/** Answers the methods of the service. A plain value needs no promise, so it gets none. */
export const answer: Handler = (request, context) => {
  const { wait, run: runJob } = lookup(request)
  const run = () => trace.ran(request.method, context.port, request.id, runJob)
  return wait === 0 ? run() : context.sleep(wait).then(run)
}
// #endregion
