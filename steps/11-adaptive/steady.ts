import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '@rpc-steps/async-await'
import type { Peer } from '@rpc-steps/async-await'
import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { startServer } from '@rpc-steps/cli/processes'
import { percentile } from './src/percentile.ts'

const usage = `steady.ts [options]

A real server that computes on threads is asked for twice as much as it can do: without a limit, with each
fixed one, and with one that learns. It ends with 1 if what is promised of the last was not kept.`

/** What was answered in time, and in how many milliseconds 99 of 100 were. */
interface Measured {
  perSecond: number
  p99Ms: number
}

await main(async () => {
  const { threads, seconds, passes, rounds, leeway } = readOptions(usage, {
    threads: numberOption('N', 'threads of the server', 1, 1, 64),
    seconds: numberOption('N', 'for each measurement', 4, 1, 600),
    passes: numberOption('N', 'times that all is measured, of which the best counts', 2, 1, 100),
    rounds: numberOption('N', 'rounds of hash that a call takes', 2000, 1, 1_000_000),
    leeway: numberOption('PERCENT', 'by which each promise may be missed', 0, 0, 99),
  })
  const params = { text: 'x', rounds }
  const capacity = await withServer(['--learn', 'no', '--start', '1000'], (peer) => full(peer, seconds))
  const rate = 2 * capacity
  console.log(`${threads} threads do ${capacity.toFixed(0)} calls a second; ${rate.toFixed(0)} come\n`)

  const fixed = [2, 4, 16].map((n) => String(n * threads))
  const ways = [
    { name: 'no limit', args: ['--learn', 'no', '--start', '1000000'] },
    ...fixed.map((start) => ({ name: `fixed ${start}`, args: ['--learn', 'no', '--start', start] })),
    { name: 'gradient2', args: ['--learn', 'gradient2'] },
    { name: 'vegas', args: ['--learn', 'vegas'] },
  ]
  const bests = new Map<string, Measured>()
  for (let pass = 0; pass < passes; pass++) {
    for (const { name, args } of ways) {
      const { perSecond, p99Ms } = await withServer(args, (peer) => poured(peer, rate, seconds))
      // What else the machine does makes everything slower, and nothing quicker.
      const best = bests.get(name) ?? { perSecond: 0, p99Ms: Infinity }
      bests.set(name, { perSecond: Math.max(best.perSecond, perSecond), p99Ms: Math.min(best.p99Ms, p99Ms) })
    }
  }
  for (const [name, best] of bests) print(name, best)
  const [none, vegas] = [bests.get('no limit')!, bests.get('vegas')!]
  const best = Math.max(...fixed.map((start) => bests.get(`fixed ${start}`)!.perSecond))
  console.log()
  const allowed = leeway / 100
  const kept = [
    promise('its p99, of that without a limit', vegas.p99Ms / none.p99Ms, true, 0.25 * (1 + allowed)),
    promise('what it serves, of the best fixed limit', vegas.perSecond / best, false, 0.95 * (1 - allowed)),
  ]
  if (!kept.every(Boolean)) process.exitCode = 1

  async function withServer<T>(args: string[], use: (peer: Peer) => Promise<T>): Promise<T> {
    const server = await startServer(new URL('server.ts', import.meta.url), ['--threads', String(threads), ...args])
    try {
      const peer = await connect(server)
      await inTurn(peer, threads, 500) // until the threads are there and the code is compiled
      const result = await use(peer)
      peer.destroy()
      return result
    } finally {
      await server.stop()
    }
  }

  /** One call after the other, in so many lanes; returns how many were answered. */
  async function inTurn(peer: Peer, lanes: number, ms: number): Promise<number> {
    const end = performance.now() + ms
    let answered = 0
    const lane = async () => {
      for (; performance.now() < end; answered++) await peer.call('hash', params)
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    return answered
  }

  /** Calls a second, when there is always something to do. */
  async function full(peer: Peer, seconds: number): Promise<number> {
    return (await inTurn(peer, 4 * threads, seconds * 1000)) / seconds
  }

  /** Calls at this rate, whatever becomes of them; the second half is measured, when what learns has learned. */
  async function poured(peer: Peer, rate: number, seconds: number): Promise<Measured> {
    const start = performance.now()
    const [from, to] = [start + seconds * 500, start + seconds * 1000]
    const times: number[] = []
    const settled: Promise<void>[] = []
    for (let asked = 0, now = start; now < to; now = performance.now()) {
      for (; asked < ((now - start) / 1000) * rate; asked++) {
        const at = performance.now()
        const answered = () => {
          const now = performance.now()
          if (from <= now && now < to) times.push(now - at)
        }
        settled.push(peer.call('hash', params).then(answered, () => {}))
      }
      await delay(1)
    }
    return { perSecond: times.length / (seconds / 2), p99Ms: percentile(times, 99) }
  }
})

function print(name: string, { perSecond, p99Ms }: Measured): void {
  console.log(`${name.padEnd(12)} ${perSecond.toFixed(0).padStart(6)} calls/s   p99 ${p99Ms.toFixed(1).padStart(8)} ms`)
}

/** Says what was measured and what was promised. */
function promise(what: string, measured: number, most: boolean, bound: number): boolean {
  const kept = most ? measured <= bound : measured >= bound
  console.log(`${kept ? 'kept  ' : 'BROKEN'}  ${what}: ${measured.toFixed(2)}, promised at ${most ? 'most' : 'least'} ${bound.toFixed(2)}`)
  return kept
}
