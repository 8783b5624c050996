import { answer, connect, listen } from '@rpc-steps/async-await'
import { announce, choiceOption, main, numberOption, serverOptions, stopSignal } from '@rpc-steps/cli'
import { onThreads, orders, queued } from '@rpc-steps/task-queue'
import { upstreamOption } from './src/address.ts'
import { cancels, deadlined, inheriting, inTime, relaying } from './src/index.ts'

const own = {
  workers: numberOption('N', 'requests that are worked on at a time', 16, 1, 1_000_000),
  capacity: numberOption('N', 'requests that wait for a worker', 256, 0, 1_000_000),
  order: choiceOption(orders, 'who is next', 'fifo'),
  threads: numberOption('N', 'threads for hash; with 0 the main one computes', 1, 0, 500),
  upstream: upstreamOption,
}

await main(async () => {
  const { workers, capacity, order, threads, trace, upstream, ...options } = serverOptions(own)
  const extensions = [cancels]
  const behind = upstream && (await connect(upstream, { extensions }))
  const pool = threads > 0 ? onThreads(answer, ['hash'], { threads, trace }) : undefined
  const service = behind ? relaying(pool ?? answer, inheriting(behind.call)) : (pool ?? answer)
  const queue = queued(inTime(service), { workers, capacity, order })
  const server = await listen(deadlined(queue), options, { framing: options.framing, extensions })
  const stopped = stopSignal()
  announce(server)
  await stopped
  await queue.drain()
  await server.close()
  await behind?.close()
  await pool?.close()
})
