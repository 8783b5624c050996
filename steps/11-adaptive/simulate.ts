import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { fixed, Gradient2, seeded, simulate, Vegas } from './src/index.ts'
import type { Limit, Point, Scene } from './src/index.ts'
import { sparkline } from './src/sparkline.ts'

const usage = `simulate.ts [options]

A server whose workers become half as many for a third of the time, with no limit, with a fixed one that
was right before, and with limits that learn; in simulated time.`

const serviceMs = 10

await main(async () => {
  const { workers, load, seconds, seed } = readOptions(usage, {
    workers: numberOption('N', `requests that it works on at a time, each for ${serviceMs} ms`, 20, 2, 1000),
    load: numberOption('PERCENT', 'what comes, of what it can do with all its workers', 120, 1, 1000),
    seconds: numberOption('N', 'simulated time', 12, 3, 3600),
    seed: numberOption('N', 'of the random numbers', 1, 0, 0x7fffffff),
  })
  const third = (seconds * 1000) / 3
  const conditions = { workers, serviceMs, rate: (workers * load * 10) / serviceMs }
  const few = Math.floor(workers / 2)
  const scene = {
    conditions,
    changes: [{ atMs: third, workers: few }, { atMs: 2 * third, workers }],
    durationMs: 3 * third,
    stepMs: third / 20,
  } satisfies Omit<Scene, 'random'>
  const limits: Record<string, () => Limit> = {
    'no limit': () => fixed(Infinity),
    [`fixed ${workers}`]: () => fixed(workers),
    [`fixed ${10 * workers}`]: () => fixed(10 * workers),
    'gradient2': () => new Gradient2(),
    'vegas': () => new Vegas(),
  }
  console.log(`${conditions.rate} requests a second for ${workers} workers, then ${few}, then ${workers}; each takes ${serviceMs} ms\n`)
  for (const [name, limitFor] of Object.entries(limits)) {
    print(name, simulate(limitFor, { ...scene, random: seeded(seed) }))
  }
  console.log(`a block is higher for more: ${serviceMs} ms to ${serviceMs * 1000} ms, or a limit of 1 to ${10 * workers}, in steps that multiply`)

  function print(name: string, points: readonly Point[]): void {
    const parts = [0, 1, 2].map((part) => points.slice(20 * part, 20 * (part + 1)))
    const row = (what: string, line: string, of: (points: readonly Point[]) => string) => {
      console.log(`${what.padEnd(22)} ${line}  ${parts.map((points) => of(points).padStart(12)).join('')}`)
    }
    const limit = points.map(({ limit }) => limit)
    const p99 = points.map(({ p99Ms }) => p99Ms)
    if (Number.isFinite(limit[0])) {
      row(`${name}: limit`, sparkline(limit, 1, 10 * workers), (points) => mean(points.map(({ limit }) => limit)).toFixed(0))
    }
    row(`${name}: p99`, sparkline(p99, serviceMs, serviceMs * 1000), (points) => `${mean(points.map(({ p99Ms }) => p99Ms)).toFixed(0)} ms`)
    row(`${name}: served`, ' '.repeat(points.length), (points) => {
      const served = points.reduce((sum, point) => sum + point.served, 0)
      return `${(served / (third / 1000)).toFixed(0)}/s`
    })
    console.log()
  }
})

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
