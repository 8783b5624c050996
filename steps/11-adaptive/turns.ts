import { Context } from '@rpc-steps/async-await'
import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { queued } from '@rpc-steps/task-queue'
import type { NewLine } from '@rpc-steps/task-queue'
import { AdaptiveLifo, Codel, seeded } from './src/index.ts'
import { percentile } from './src/percentile.ts'
import { exponential } from './src/random.ts'
import { Time } from './src/time.ts'

const usage = `turns.ts [options]

The queue of step 06 with more and more to do, and who is next in it, in simulated time. Its callers lose
patience after a while, and do not say so. Says how many had an answer while they still waited.`

const orders: readonly { name: string; order: (time: Time) => NewLine | 'fifo' }[] = [
  { name: 'first in, first out', order: () => 'fifo' },
  { name: 'adaptive LIFO', order: (time) => () => new AdaptiveLifo<never>(time) },
  { name: 'CoDel', order: (time) => () => new Codel<never>(time) },
  { name: 'both', order: (time) => () => new Codel<never>(time, {}, new AdaptiveLifo<never>(time)) },
]

/** A burst now and then takes a server to this part of what it can do; the others last. */
const loads = [0.9, 1.1, 1.5, 2]
const [workers, serviceMs] = [4, 10]

await main(async () => {
  const { patience, capacity, seconds, seed } = readOptions(usage, {
    patience: numberOption('MS', 'how long a caller waits', 100, 1, 60_000),
    capacity: numberOption('N', 'requests that wait', 1000, 1, 1_000_000),
    seconds: numberOption('N', 'simulated time for each', 8, 1, 3600),
    seed: numberOption('N', 'of the random numbers', 1, 0, 0x7fffffff),
  })
  console.log(`answered within ${patience} ms, of what can be done; and the wait of 99 of 100 that were answered\n`)
  console.log('load'.padEnd(20) + loads.map((load) => load.toFixed(1).padStart(15)).join(''))
  for (const { name, order } of orders) {
    const cells: string[] = []
    for (const load of loads) {
      const { good, p99Ms } = await answered(order, load)
      const could = Math.min(1, load) * ((seconds * 1000 * workers) / serviceMs)
      cells.push(`${((100 * good) / could).toFixed(0)}% ${p99Ms.toFixed(0).padStart(5)} ms`)
    }
    console.log(name.padEnd(20) + cells.map((cell) => cell.padStart(15)).join(''))
  }

  async function answered(order: (time: Time) => NewLine | 'fifo', load: number): Promise<{ good: number; p99Ms: number }> {
    const [time, random] = [new Time(), seeded(seed)]
    const latencies: number[] = []
    const work = () =>
      new Promise<null>((resolve) => time.after(serviceMs * (0.5 + random()), () => resolve(null)))
    const queue = queued(work, { workers, capacity, order: order(time), clock: time })
    const come = () => {
      const came = time.now()
      const done = () => void latencies.push(time.now() - came)
      try {
        void Promise.resolve(queue({ jsonrpc: '2.0', method: 'work' }, new Context())).then(done, () => {})
      } catch {
        // It is full.
      }
      time.after(exponential(random, serviceMs / (workers * load)), come)
    }
    come()
    // What is settled is heard of before the next event.
    for (let at = 0; at < seconds * 1000; at += 1) {
      time.runUntil(at)
      await new Promise<void>((resolve) => process.nextTick(resolve))
    }
    return { good: latencies.filter((ms) => ms <= patience).length, p99Ms: percentile(latencies, 99) }
  }
})
