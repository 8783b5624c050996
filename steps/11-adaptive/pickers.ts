import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { Bandit, choose, LeastOfTwo, PeakEwma, RoundRobin, seeded } from './src/index.ts'
import type { Fleet, Picker } from './src/index.ts'
import type { Time } from './src/time.ts'

const usage = `pickers.ts [options]

Five servers, of which one is slow for a while, and who is asked by whom, in simulated time. Says how long
99 of 100 calls took at most, and how many were given to the slow server.`

const pickers: readonly { name: string; picker: (time: Time, random: () => number) => Picker }[] = [
  { name: 'round robin', picker: () => new RoundRobin() },
  { name: 'the lesser of two', picker: (_, random) => new LeastOfTwo(random) },
  { name: 'peak-EWMA', picker: (time, random) => new PeakEwma(time, { random }) },
  { name: 'bandit', picker: (time, random) => new Bandit(time, { random }) },
]

await main(async () => {
  const { factor, rate, seed } = readOptions(usage, {
    factor: numberOption('N', 'times as long as the others the slow one takes', 10, 1, 1000),
    rate: numberOption('N', 'requests a second, for all together', 1000, 1, 10_000),
    seed: numberOption('N', 'of the random numbers', 1, 0, 0x7fffffff),
  })
  const fleet: Omit<Fleet, 'random'> = {
    servers: 5, workers: 20, serviceMs: 10, rate,
    slow: { fromMs: 10_000, untilMs: 20_000, factor }, durationMs: 30_000,
  }
  console.log(`${fleet.servers} servers, ${fleet.serviceMs} ms a request; for ten seconds one of them takes ${factor} times as long\n`)
  console.log('                     before            slow           after    share of the slow one')
  for (const { name, picker } of pickers) {
    const random = seeded(seed)
    const parts = choose((time) => picker(time, random), { ...fleet, random }, 10_000)
    const p99 = parts.map(({ p99Ms }) => `${p99Ms.toFixed(0)} ms`.padStart(11)).join('     ')
    const share = parts.map(({ share }) => `${(100 * share).toFixed(1)} %`.padStart(8)).join('')
    console.log(`${name.padEnd(17)}${p99} ${share}`)
  }
})
