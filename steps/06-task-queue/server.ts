import { answer, listen } from '@rpc-steps/async-await'
import { announce, choiceOption, main, numberOption, serverOptions, stopSignal } from '@rpc-steps/cli'
import { onThreads, orders, queued } from './src/index.ts'

const own = {
  workers: numberOption('N', 'requests that are worked on at a time', 16, 1, 1_000_000),
  capacity: numberOption('N', 'requests that wait for a worker', 256, 0, 1_000_000),
  order: choiceOption(orders, 'who is next', 'fifo'),
  threads: numberOption('N', 'threads for hash; with 0 the main one computes', 1, 0, 500),
}

await main(async () => {
  const { workers, capacity, order, threads, trace, ...options } = serverOptions(own)
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
