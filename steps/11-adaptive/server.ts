import { answer, listen, systemClock } from '@rpc-steps/async-await'
import { announce, main, ownOptions, serverOptions, stopSignal } from '@rpc-steps/cli'
import { cancels, deadlined, inTime } from '@rpc-steps/deadlines'
import { onThreads, queued } from '@rpc-steps/task-queue'
import type { NewLine, Order } from '@rpc-steps/task-queue'
import { AdaptiveLifo, Aimd, Codel, fixed, Gradient2, limited, Vegas } from './src/index.ts'
import type { Limit } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const own = serverOptions(ownOptions(step, 'server'))
  const { workers, capacity, order, threads, learn, start, slow, trace, ...options } = own
  const range = { initial: start, most: Math.max(1000, start) }
  const limits: Record<typeof learn, () => Limit> = {
    no: () => fixed(start),
    aimd: () => new Aimd(systemClock, { tooLongMs: slow, ...range }),
    gradient2: () => new Gradient2(range),
    vegas: () => new Vegas(range),
  }
  const orders: Record<typeof order, Order | NewLine> = {
    fifo: 'fifo',
    lifo: () => new AdaptiveLifo(systemClock),
    codel: () => new Codel(systemClock),
    both: () => new Codel(systemClock, {}, new AdaptiveLifo(systemClock)),
  }
  const pool = threads > 0 ? onThreads(answer, ['hash'], { threads, trace }) : undefined
  const queue = queued(inTime(pool ?? answer), { workers, capacity, order: orders[order] })
  const handler = deadlined(limited(queue, limits[learn]()))
  const server = await listen(handler, options, { framing: options.framing, extensions: [cancels] })
  const stopped = stopSignal()
  announce(server)
  await stopped
  await queue.drain()
  await server.close()
  await pool?.close()
})
