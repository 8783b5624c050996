import { setTimeout as delay } from 'node:timers/promises'
import { connect, listen, systemClock } from '@rpc-steps/async-await'
import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { fixed, limited, seeded, Vegas } from './src/index.ts'
import type { Limit } from './src/index.ts'
import { percentile } from './src/percentile.ts'
import { exponential } from './src/random.ts'
import { sparkline } from './src/sparkline.ts'

const usage = `demo.ts [options]

A server whose workers become half as many for a third of the time, over real connections and in real
time: without a limit, with one that was right before, with one that is on the safe side, and with one
that learns. Draws the limit and the latency, and says what came of each third.`

/** As many workers, each for so many milliseconds in the mean; and what comes, of what they can do. */
const [workers, few, serviceMs, load] = [10, 5, 20, 1.2]
const rate = (load * workers * 1000) / serviceMs
/** Each third is drawn in so many columns. */
const columns = 20

/** What stands behind the server, as a database does: some are worked on at a time, and the others wait. */
class Crew {
  workers = workers
  #working = 0
  readonly #waiting: ((began: number) => void)[] = []

  work(ms: number): Promise<null> {
    return new Promise((resolve) => {
      this.#waiting.push((began) => {
        const due = began + ms
        setTimeout(() => {
          this.#working--
          resolve(null)
          // A timer is late by a little. If its worker began only now, there would be less of it than one.
          this.#next(due)
        }, due - systemClock.now())
      })
      this.#next(systemClock.now())
    })
  }

  #next(free: number): void {
    while (this.#working < this.workers && this.#waiting.length > 0) {
      this.#working++
      this.#waiting.shift()!(free)
    }
  }
}

/** What was in a stretch of time. */
interface Point {
  limit: number
  inFlight: number
  served: number
  refused: number
  latencies: number[]
}

/** Asks a server with this limit for more than it can do, for three times so many milliseconds. */
async function run(limit: Limit, third: number): Promise<Point[]> {
  const crew = new Crew()
  const random = seeded(1)
  const handler = limited(() => crew.work(serviceMs * (0.5 + random())), limit)
  const server = await listen(handler, { host: '127.0.0.1', port: 0 }, { window: 100_000, grace: 0 })
  const peer = await connect(server, { window: 100_000, grace: 0 })
  const points: Point[] = []
  const fresh = (): Point => ({ limit: limit.current, inFlight: handler.inFlight, served: 0, refused: 0, latencies: [] })
  let point = fresh()

  const start = systemClock.now()
  let comes = start
  for (let now = start; now < start + 3 * third; now = systemClock.now()) {
    const part = Math.floor((now - start) / third)
    crew.workers = part === 1 ? few : workers
    for (; comes <= now; comes += exponential(random, 1000 / rate)) {
      const came = systemClock.now()
      const answered = () => {
        point.served++
        point.latencies.push(systemClock.now() - came)
      }
      peer.call('work').then(answered, () => point.refused++)
    }
    if (points.length < Math.floor(((now - start) / third) * columns)) {
      points.push({ ...point, limit: limit.current, inFlight: handler.inFlight })
      point = fresh()
    }
    await delay(1)
  }
  points.push({ ...point, limit: limit.current, inFlight: handler.inFlight })
  peer.destroy()
  await server.close()
  return points.slice(0, 3 * columns)
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const ways: readonly { name: string; limit: () => Limit }[] = [
  { name: 'no limit', limit: () => fixed(Infinity) },
  { name: 'fixed 15', limit: () => fixed(15) },
  { name: 'fixed 150', limit: () => fixed(150) },
  { name: 'vegas', limit: () => new Vegas() },
]

await main(async () => {
  const { seconds } = readOptions(usage, { seconds: numberOption('N', 'of all of it', 18, 3, 600) })
  const third = (seconds * 1000) / 3
  console.log('\n11 adaptive: the number follows\n')
  console.log(`${rate} requests a second, each ${serviceMs} ms of work for one of ${workers} workers. In the middle`)
  console.log(`third there are ${few}.\n`)
  // Side by side, so that whatever else this machine does is the same for all.
  const all = await Promise.all(ways.map(async ({ name, limit }) => ({ name, points: await run(limit(), third) })))
  for (const { name, points } of all) {
    const row = (what: string, values: number[], least: number, most: number) =>
      console.log(`${name.padEnd(10)}${what.padEnd(9)}${sparkline(values, least, most)}`)
    if (Number.isFinite(points[0]!.limit)) row('limit', points.map(({ limit }) => limit), 2, 200)
    row('latency', points.map(({ latencies }) => percentile(latencies, 50)), 10, 10_000)
  }
  console.log('\na block is higher for more: a limit of 2 to 200, 10 ms to 10 s, in steps that multiply\n')

  console.log('           workers   limit  in flight  served/s  refused/s      mean       p99')
  const rows: { title: string; formula: string; predicted: number; measured: number }[] = []
  for (const { name, points } of all) {
    for (const [part, there] of [workers, few, workers].entries()) {
      const own = points.slice(part * columns, (part + 1) * columns)
      const each = (of: (point: Point) => number) => mean(own.map(of))
      const perSecond = (of: (point: Point) => number) => (each(of) * columns * 1000) / third
      const latencies = own.flatMap(({ latencies }) => latencies)
      const [limit, served, meanMs] = [each(({ limit }) => limit), perSecond(({ served }) => served), mean(latencies)]
      const cells = [
        String(there), Number.isFinite(limit) ? limit.toFixed(0) : '-', each(({ inFlight }) => inFlight).toFixed(0), served.toFixed(0),
        perSecond(({ refused }) => refused).toFixed(0), `${meanMs.toFixed(0)} ms`, `${percentile(latencies, 99).toFixed(0)} ms`,
      ]
      const widths = [8, 8, 11, 10, 11, 10, 10]
      console.log(name.padEnd(10) + cells.map((cell, i) => cell.padStart(widths[i]!)).join(''))
      if (name === 'fixed 150') {
        const formula = `${limit} / ${served.toFixed(0)} a second`
        rows.push({ title: `${name}, ${there} workers`, formula, predicted: (limit / served) * 1000, measured: meanMs })
      }
    }
  }
  process.send?.(rows)
})
