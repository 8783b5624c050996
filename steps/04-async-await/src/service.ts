import { setTimeout as delay } from 'node:timers/promises'
import { lookup } from '@rpc-steps/service'
import { trace } from '@rpc-steps/trace'
import type { Answer, Handler } from './call.ts'

// #region service
/** Answers the methods of the service. A plain value needs no promise, so it gets none. */
export const answer: Handler = (request, context) => {
  const { wait, run: runJob } = lookup(request)
  const run = () => trace.ran(request.method, context.port, request.id, runJob)
  return wait === 0 ? run() : answerLater(wait, run, context.signal)
}

async function answerLater(ms: number, run: () => Answer, signal: AbortSignal): Promise<Answer> {
  await delay(ms, undefined, { signal })
  return run()
}
// #endregion
