import { answer, listen } from '@rpc-steps/async-await'
import { announce, main, ownOptions, serverOptions, stopSignal } from '@rpc-steps/cli'
import { deadlined, inTime } from '@rpc-steps/deadlines'
import { drained, streamed, streaming, streams } from '@rpc-steps/streaming'
import { onThreads, queued } from '@rpc-steps/task-queue'
import { recordMemory } from '@rpc-steps/trace'
import { Drainer, idempotent } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const { workers, capacity, order, threads, trace, ...options } = serverOptions(ownOptions(step, 'server'))
  if (trace !== undefined) recordMemory()
  const pool = threads > 0 ? onThreads(answer, ['hash'], { threads, trace }) : undefined
  const service = streamed(streaming(pool ?? answer))
  const queue = queued(inTime(service), { workers, capacity, order })
  const drainer = new Drainer()
  const extensions = [streams, drainer.extension]
  const server = await listen(deadlined(idempotent(queue)), options, { framing: options.framing, extensions })
  const stopped = stopSignal()
  announce(server)
  await stopped
  drainer.begin()
  await drained(queue)
  await server.close()
  await pool?.close()
})
