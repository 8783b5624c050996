import { systemClock } from '@rpc-steps/async-await'
import { powerOfTwo, serveResiliently } from '@rpc-steps/resilience'
import type { Picker } from '@rpc-steps/resilience'
import type { Additions, SecureServer, ServeOptions } from '@rpc-steps/security'
import type { NewLine, Order } from '@rpc-steps/task-queue'
import { AdaptiveLifo } from './adaptive-lifo.ts'
import { Aimd } from './aimd.ts'
import { Bandit } from './bandit.ts'
import { Codel } from './codel.ts'
import { Gradient2 } from './gradient2.ts'
import { fixed } from './limit.ts'
import type { Limit } from './limit.ts'
import { limited } from './limited.ts'
import { PeakEwma } from './peak-ewma.ts'
import { Vegas } from './vegas.ts'

/** The command line of a server, as `step.ts` describes it. */
export interface AdaptiveOptions extends Omit<ServeOptions, 'order'> {
  learn: 'no' | 'aimd' | 'gradient2' | 'vegas'
  order: 'fifo' | 'lifo' | 'codel' | 'both'
  start: number
  'too-slow': number
}

/** The server of a command line: that of step 10, with a limit that learns in front of its queue. */
export function serveAdaptively(options: AdaptiveOptions, additions: Pick<Additions, 'outside' | 'inner' | 'doors'> = {}): Promise<SecureServer> {
  const { learn, order, start, 'too-slow': tooLongMs, ...others } = options
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
  return serveResiliently({ ...others, order: orders[order] }, {
    ...additions,
    around: (queue) => limited(queue, limits[learn]()),
  })
}

/** What a client's `--pick` says. */
export const pickers: Readonly<Record<'two' | 'peak-ewma' | 'bandit', () => Picker>> = {
  'two': () => powerOfTwo(),
  'peak-ewma': () => new PeakEwma(systemClock),
  'bandit': () => new Bandit(systemClock),
}
