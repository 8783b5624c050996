import { answer, listen } from '@rpc-steps/async-await'
import { announce, main, ownOptions, serverOptions, stopSignal } from '@rpc-steps/cli'
import { deadlined, inTime } from '@rpc-steps/deadlines'
import { onThreads, queued } from '@rpc-steps/task-queue'
import { recordMemory } from '@rpc-steps/trace'
import { drained, streamed, streaming, streams } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const { workers, capacity, order, threads, trace, ...options } = serverOptions(ownOptions(step, 'server'))
  if (trace !== undefined) recordMemory()
  const pool = threads > 0 ? onThreads(answer, ['hash'], { threads, trace }) : undefined
  const service = streamed(streaming(pool ?? answer))
  const queue = queued(inTime(service), { workers, capacity, order })
  const server = await listen(deadlined(queue), options, { framing: options.framing, extensions: [streams] })
  const stopped = stopSignal()
  announce(server)
  await stopped
  await drained(queue)
  await server.close()
  await pool?.close()
})
