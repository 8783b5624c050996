import { systemClock } from '@rpc-steps/async-await'
import { announce, main, ownOptions, serverOptions, stopSignal } from '@rpc-steps/cli'
import { serveResiliently } from '@rpc-steps/resilience'
import type { NewLine, Order } from '@rpc-steps/task-queue'
import { AdaptiveLifo, Aimd, Codel, fixed, Gradient2, limited, Vegas } from './src/index.ts'
import type { Limit } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const { learn, order, start, 'too-slow': tooLongMs, ...options } = serverOptions(ownOptions(step, 'server'))
  const range = { initial: start, most: Math.max(1000, start) }
  const limits: Record<typeof learn, () => Limit> = {
    no: () => fixed(start),
    aimd: () => new Aimd(systemClock, { tooLongMs, ...range }),
    gradient2: () => new Gradient2(range),
    vegas: () => new Vegas(range),
  }
  const orders: Record<typeof order, Order | NewLine> = {
    fifo: 'fifo',
    lifo: () => new AdaptiveLifo(systemClock),
    codel: () => new Codel(systemClock),
    both: () => new Codel(systemClock, {}, new AdaptiveLifo(systemClock)),
  }
  const server = await serveResiliently({ ...options, order: orders[order] }, {
    around: (queue) => limited(queue, limits[learn]()),
  })
  const stopped = stopSignal()
  announce(server)
  await stopped
  await server.close()
})
