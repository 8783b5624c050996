import { threadId } from 'node:worker_threads'
import { lookup } from '@rpc-steps/service'
import { recordTo, trace } from '@rpc-steps/trace'
import { errorObject, RpcError } from '@rpc-steps/wire'
import { workerData } from 'piscina'
import type { Outcome, Task } from './threads.ts'

const { trace: file } = workerData as { trace?: string }
if (file !== undefined) recordTo(file, `thread ${threadId}`, true)

// #region thread
/** What a thread does: one request after the other, and nothing else meanwhile. */
export function run({ request, label }: Task): Outcome {
  const { method, id } = request
  try {
    return { result: trace.ran(method, label, id, () => lookup(request).run()) }
  } catch (error) {
    if (error instanceof RpcError) return { error: errorObject(error) }
    throw error
  }
}
// #endregion
