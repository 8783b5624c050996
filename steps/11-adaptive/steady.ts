import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '@rpc-steps/async-await'
import type { Peer } from '@rpc-steps/async-await'
import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { startServer } from '@rpc-steps/cli/processes'
import { percentile } from './src/percentile.ts'

const usage = `steady.ts [options]

Real servers that compute on threads are asked for twice as much as they can do: one without a limit, some
with a fixed one, and one that learns. All run at the same time, so what else the machine does is the same
for all. It ends with 1 if what is promised of the one that learns (by vegas) was not kept.`

/** What was answered in time, and in how many milliseconds 99 of 100 were. */
interface Measured {
  perSecond: number
  p99Ms: number
}

await main(async () => {
  const { threads, seconds, rounds } = readOptions(usage, {
    threads: numberOption('N', 'threads of each server', 1, 1, 64),
    seconds: numberOption('N', 'for the measurement', 8, 1, 600),
    rounds: numberOption('N', 'rounds of hash that a call takes', 500, 1, 1_000_000),
  })
  const params = { text: 'x', rounds }
  const fixed = [4, 16].map((n) => String(n * threads))
  const ways: Record<string, string[]> = {
    'no limit': ['--learn', 'no', '--start', '1000000'],
    ...Object.fromEntries(fixed.map((start) => [`fixed ${start}`, ['--learn', 'no', '--start', start]])),
    vegas: ['--learn', 'vegas'],
  }
  const servers = await Promise.all(Object.values(ways).map((args) => {
    return startServer(new URL('server.ts', import.meta.url), ['--threads', String(threads), '--workers', '1000000', ...args])
  }))
  try {
    const peers = await Promise.all(servers.map((server) => connect(server)))
    const full = (ms: number) => Promise.all(peers.map((peer) => inTurn(peer, 2 * threads, ms)))
    await full(seconds * 125) // until the threads are there and the code is compiled
    const capacity = Math.max(...(await full(seconds * 125)))
    const rate = 2 * capacity
    console.log(`a server does ${capacity.toFixed(0)} calls a second, beside ${servers.length - 1} others; ${rate.toFixed(0)} come to each\n`)
    const all = await Promise.all(peers.map((peer) => poured(peer, rate)))
    const measured = new Map(Object.keys(ways).map((name, i) => [name, all[i]!]))
    for (const [name, { perSecond, p99Ms }] of measured) {
      console.log(`${name.padEnd(12)} ${perSecond.toFixed(0).padStart(6)} calls/s   p99 ${p99Ms.toFixed(1).padStart(8)} ms`)
    }
    console.log()
    for (const peer of peers) peer.destroy()
    const [none, vegas] = [measured.get('no limit')!, measured.get('vegas')!]
    const best = Math.max(...fixed.map((start) => measured.get(`fixed ${start}`)!.perSecond))
    const kept = [
      promise('its p99, of that without a limit', vegas.p99Ms / none.p99Ms, true, 0.25),
      promise('what it serves, of the best fixed limit', vegas.perSecond / best, false, 0.95),
    ]
    if (!kept.every(Boolean)) process.exitCode = 1
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }

  /** One call after the other, in so many lanes; returns how many were answered in a second. */
  async function inTurn(peer: Peer, lanes: number, ms: number): Promise<number> {
    const end = performance.now() + ms
    let answered = 0
    const lane = async () => {
      for (; performance.now() < end; answered++) await peer.call('hash', params)
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    return answered / (ms / 1000)
  }

  /** Calls at this rate, whatever becomes of them; the second half is measured, when what learns has learned. */
  async function poured(peer: Peer, rate: number): Promise<Measured> {
    const start = performance.now()
    const [from, to] = [start + seconds * 500, start + seconds * 1000]
    const times: number[] = []
    for (let asked = 0, now = start; now < to; now = performance.now()) {
      for (; asked < ((now - start) / 1000) * rate; asked++) {
        const at = performance.now()
        const answered = () => {
          const now = performance.now()
          if (from <= now && now < to) times.push(now - at)
        }
        // What is refused does not come back.
        peer.call('hash', params).then(answered, () => {})
      }
      await delay(1)
    }
    return { perSecond: times.length / (seconds / 2), p99Ms: percentile(times, 99) }
  }
})

/** Says what was measured and what was promised. */
function promise(what: string, measured: number, most: boolean, bound: number): boolean {
  const kept = most ? measured <= bound : measured >= bound
  console.log(`${kept ? 'kept  ' : 'BROKEN'}  ${what}: ${measured.toFixed(2)}, promised at ${most ? 'most' : 'least'} ${bound.toFixed(2)}`)
  return kept
}
