import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '@rpc-steps/async-await'
import type { Peer } from '@rpc-steps/async-await'
import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { startServer } from '@rpc-steps/cli/processes'
import { percentile } from './src/percentile.ts'

const usage = `steady.ts [options]

Real servers that compute on threads are asked for twice as much as they can do: some with a fixed
limit, one that learns, and in the end one without a limit. They take turns of half a second, so what
else the machine does is the same for all. It ends with 1 if what is promised of the one that learns
(by vegas) was not kept.`

/** Seconds of a turn, and from when on it is measured. */
const turn = { from: 0.1, to: 0.5 }

await main(async () => {
  const { threads, seconds, rounds } = readOptions(usage, {
    threads: numberOption('N', 'threads of each server', 1, 1, 64),
    seconds: numberOption('N', 'for each server', 4, 1, 600),
    rounds: numberOption('N', 'rounds of hash that a call takes', 500, 1, 1_000_000),
  })
  const params = { text: 'x', rounds }
  const fixed = [4, 16].map((n) => String(n * threads))
  const ways: Record<string, string[]> = {
    ...Object.fromEntries(fixed.map((start) => [`fixed ${start}`, ['--learn', 'no', '--start', start]])),
    'vegas': ['--learn', 'vegas'],
    'no limit': ['--learn', 'no', '--start', '1000000'],
  }
  const servers = await Promise.all(Object.values(ways).map((args) => {
    return startServer(new URL('server.ts', import.meta.url), ['--threads', String(threads), '--workers', '1000000', ...args])
  }))
  try {
    const peers = await Promise.all(servers.map((server) => connect(server)))
    const none = peers.pop()!
    for (const peer of [...peers, none]) await inTurn(peer, 2 * threads, 300) // until the threads are there and the code is compiled
    const capacity = Math.max(...(await inOrder(peers, (peer) => inTurn(peer, 2 * threads, 500))))
    const rate = 2 * capacity
    console.log(`a server does ${capacity.toFixed(0)} calls a second; ${rate.toFixed(0)} come to each\n`)
    await inOrder(peers, (peer) => poured(peer, rate, { from: 0, to: 1 })) // what learns has learned
    const times: number[][] = peers.map(() => [])
    const turns = Math.ceil(seconds / turn.to)
    for (let i = 0; i < turns; i++) {
      const all = await inOrder(peers, (peer) => poured(peer, rate, turn))
      for (const [way, some] of all.entries()) times[way]!.push(...some)
    }
    times.push(await poured(none, rate, { from: seconds / 2, to: seconds }))
    const measured = Object.keys(ways).map((name, i) => {
      const measuredFor = i === peers.length ? seconds / 2 : turns * (turn.to - turn.from)
      return { name, perSecond: times[i]!.length / measuredFor, p99Ms: percentile(times[i]!, 99) }
    })
    for (const { name, perSecond, p99Ms } of measured) {
      console.log(`${name.padEnd(12)} ${perSecond.toFixed(0).padStart(6)} calls/s   p99 ${p99Ms.toFixed(1).padStart(8)} ms`)
    }
    console.log()
    for (const peer of [...peers, none]) peer.destroy()
    const [vegas, unlimited] = measured.slice(-2) as [(typeof measured)[number], (typeof measured)[number]]
    const best = Math.max(...measured.slice(0, fixed.length).map(({ perSecond }) => perSecond))
    const kept = [
      promise('its p99, of that without a limit', vegas.p99Ms / unlimited.p99Ms, true, 0.25),
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

  /** Calls at this rate, whatever becomes of them; returns the milliseconds of those that were answered from one moment to another. */
  async function poured(peer: Peer, rate: number, { from, to }: { from: number; to: number }): Promise<number[]> {
    const start = performance.now()
    const times: number[] = []
    for (let asked = 0, now = start; now < start + to * 1000; now = performance.now()) {
      for (; asked < ((now - start) / 1000) * rate; asked++) {
        const at = performance.now()
        const answered = () => {
          const now = performance.now()
          if (start + from * 1000 <= now && now < start + to * 1000) times.push(now - at)
        }
        // What is refused does not come back.
        peer.call('hash', params).then(answered, () => {})
      }
      await delay(1)
    }
    return times
  }
})

/** One job after the other. */
async function inOrder<T, R>(items: readonly T[], job: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const item of items) results.push(await job(item))
  return results
}

/** Says what was measured and what was promised. */
function promise(what: string, measured: number, most: boolean, bound: number): boolean {
  const kept = most ? measured <= bound : measured >= bound
  console.log(`${kept ? 'kept  ' : 'BROKEN'}  ${what}: ${measured.toFixed(2)}, promised at ${most ? 'most' : 'least'} ${bound.toFixed(2)}`)
  return kept
}
