import { answer, listen } from '@rpc-steps/async-await'
import { announce, main, ownOptions, serverOptions, stopSignal } from '@rpc-steps/cli'
import { onThreads, queued } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const { workers, capacity, order, threads, trace, ...options } = serverOptions(ownOptions(step, 'server'))
  const pool = threads > 0 ? onThreads(answer, ['hash'], { threads, trace }) : undefined
  const handler = queued(pool ?? answer, { workers, capacity, order })
  const server = await listen(handler, options, { framing: options.framing })
  const stopped = stopSignal()
  announce(server)
  await stopped
  await handler.drain()
  await server.close()
  await pool?.close()
})
