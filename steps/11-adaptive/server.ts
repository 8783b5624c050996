import { answer, listen, systemClock } from '@rpc-steps/async-await'
import { announce, main, ownOptions, serverOptions, stopSignal } from '@rpc-steps/cli'
import { cancels, deadlined, inTime } from '@rpc-steps/deadlines'
import { onThreads } from '@rpc-steps/task-queue'
import { Aimd, fixed, Gradient2, limited, Vegas } from './src/index.ts'
import type { Limit } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const { threads, learn, start, slow, trace, ...options } = serverOptions(ownOptions(step, 'server'))
  const range = { initial: start, most: Math.max(1000, start) }
  const limits: Record<typeof learn, () => Limit> = {
    no: () => fixed(start),
    aimd: () => new Aimd(systemClock, { tooLongMs: slow, ...range }),
    gradient2: () => new Gradient2(range),
    vegas: () => new Vegas(range),
  }
  const pool = threads > 0 ? onThreads(answer, ['hash'], { threads, trace }) : undefined
  const handler = limited(inTime(pool ?? answer), limits[learn]())
  const server = await listen(deadlined(handler), options, { framing: options.framing, extensions: [cancels] })
  const stopped = stopSignal()
  announce(server)
  await stopped
  await server.close()
  await pool?.close()
})
