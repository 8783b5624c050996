import { choiceOption, main, numberOption, readOptions } from '@rpc-steps/cli'
import { Aimd, fixed, Gradient2, seeded, simulate, Vegas } from './src/index.ts'
import type { Conditions, Limit } from './src/index.ts'
import type { Time } from './src/time.ts'

const usage = `worth.ts [options]

What a limit that learns is worth, in simulated time: fixed limits and those that learn, each when nothing
changes and when the server changes. Says what is answered, of what could be, and the latency.`

const before: Conditions = { workers: 20, serviceMs: 10, rate: 2400 }
const changes: readonly { name: string; now: Partial<Conditions> }[] = [
  { name: 'as before', now: {} },
  { name: 'half load', now: { rate: 1200 } },
  { name: '5 workers', now: { workers: 5 } },
  { name: '80 workers', now: { workers: 80, rate: 9600 } },
  { name: 'takes 40 ms', now: { serviceMs: 40 } },
]
const ways: readonly { name: string; limit: (time: Time) => Limit }[] = [
  { name: 'fixed 22', limit: () => fixed(22) },
  { name: 'fixed 220', limit: () => fixed(220) },
  { name: 'fixed 5', limit: () => fixed(5) },
  { name: 'aimd', limit: (time) => new Aimd(time, { tooLongMs: 50 }) },
  { name: 'gradient2', limit: () => new Gradient2() },
  { name: 'vegas', limit: () => new Vegas() },
]

await main(async () => {
  const { only, seconds, seed } = readOptions(usage, {
    only: choiceOption(['all', 'fixed'], 'limits that are tried', 'all'),
    seconds: numberOption('N', 'simulated time, of which half is before the change', 8, 4, 3600),
    seed: numberOption('N', 'of the random numbers', 1, 0, 0x7fffffff),
  })
  const { workers, serviceMs, rate } = before
  console.log(`${workers} workers, ${serviceMs} ms of work each, ${rate} requests a second; and then:\n`)
  console.log('          ' + changes.map(({ name }) => name.padStart(14)).join(''))
  for (const { name, limit } of ways.filter(({ name }) => only === 'all' || name.startsWith(only))) {
    const cells = changes.map(({ now }) => {
      const there = { ...before, ...now }
      const durationMs = seconds * 1000
      const scene = { conditions: before, changes: [{ atMs: durationMs / 2, ...now }], durationMs, stepMs: durationMs / 8 }
      // The first second after the change is for learning.
      const after = simulate(limit, { ...scene, random: seeded(seed) }).slice(5)
      const served = after.reduce((sum, point) => sum + point.served, 0)
      const came = after.reduce((sum, { served, refused }) => sum + served + refused, 0)
      const could = Math.min(came, ((there.workers * 1000) / there.serviceMs) * ((3 * durationMs) / 8000))
      const meanMs = after.reduce((sum, { served, meanMs }) => sum + served * meanMs, 0) / served
      return `${Math.min(100, (100 * served) / could).toFixed(0)}% ${meanMs.toFixed(0).padStart(4)} ms`
    })
    console.log(name.padEnd(10) + cells.map((cell) => cell.padStart(14)).join(''))
  }
  console.log('\nanswered, of what could be answered; and how long one took in the mean')
})
