import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { powerOfTwo, roundRobin } from '@rpc-steps/resilience'
import type { Picker } from '@rpc-steps/resilience'
import { Bandit, choose, PeakEwma, seeded } from './src/index.ts'
import type { Choice, Random } from './src/index.ts'
import type { Time } from './src/time.ts'

const usage = `choices.ts [options]

Five servers, of which one is slower for a while, and four ways of choosing between them; in simulated time.`

const stepMs = 5000

await main(async () => {
  const { rate, factor, seed } = readOptions(usage, {
    rate: numberOption('N', 'requests in a second, of 10,000 that they can do together', 1000, 1, 8000),
    factor: numberOption('N', 'how much slower the one is', 10, 1, 1000),
    seed: numberOption('N', 'of the random numbers', 1, 0, 0x7fffffff),
  })
  const slow = { fromMs: stepMs, untilMs: 3 * stepMs, factor }
  const ways: Record<string, (time: Time, random: Random) => Picker> = {
    'round robin': () => roundRobin(),
    'least of two': (_, random) => powerOfTwo(random),
    'peak-EWMA': (time, random) => new PeakEwma(time, { random }),
    'bandit': (time, random) => new Bandit(time, { random }),
  }
  console.log(`p99 and, in brackets, what is given to one that is ${factor} times slower from ${slow.fromMs / 1000} s to ${slow.untilMs / 1000} s\n`)
  const cells = (name: string, values: readonly string[]) => {
    console.log(name.padEnd(14) + values.map((value) => value.padStart(16)).join(''))
  }
  cells('', Array.from({ length: 6 }, (_, i) => `until ${((i + 1) * stepMs) / 1000} s`))
  for (const [name, pickerFor] of Object.entries(ways)) {
    const fleet = { servers: 5, workers: 20, serviceMs: 10, rate, slow, durationMs: 6 * stepMs, random: seeded(seed) }
    const choices = choose((time) => pickerFor(time, seeded(seed + 1)), fleet, stepMs)
    cells(name, choices.map(cell))
  }
})

function cell({ p99Ms, share }: Choice): string {
  return `${p99Ms.toFixed(0)} ms (${(100 * share).toFixed(1)} %)`
}
