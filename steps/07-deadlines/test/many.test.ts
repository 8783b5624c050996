import { getEventListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { DisconnectedError, systemClock } from '@rpc-steps/async-await'
import type { Clock, Handler, Peer } from '@rpc-steps/async-await'
import { expect, test } from 'vitest'
import { cancels, deadlined } from '../src/index.ts'
import { dial, outcome, served } from './support.ts'

/** The clock of this machine, and the timers that are set on it. */
function counting(): Clock & { readonly timers: number } {
  const timers = new Set<object>()
  return {
    get timers() {
      return timers.size
    },
    now: systemClock.now,
    after(ms, job) {
      const timer = {}
      timers.add(timer)
      const cancel = systemClock.after(ms, () => (timers.delete(timer), job()))
      return () => (timers.delete(timer), cancel())
    },
  }
}

const nothing = { pending: 0, waiting: 0, unanswered: 0, requests: 0, handling: 0, parked: 0, held: 0 }

async function isEmpty(ends: readonly Peer[], clocks: readonly { timers: number }[], signal: AbortSignal): Promise<void> {
  for (const end of ends) {
    await expect.poll(() => end.stats).toMatchObject(nothing)
    expect(cancels(end).size).toBe(0)
  }
  expect(clocks.map(({ timers }) => timers)).toEqual(clocks.map(() => 0))
  expect(getEventListeners(signal, 'abort')).toEqual([])
}

const failed = new Error('failed')

/** Ends after a while, at once, or with an error; some hear that they are to stop, some do not. */
const service: Handler = async (_, context) => {
  const ms = Math.random() * 20
  if (ms < 1) throw failed
  if (ms < 5) return 'done'
  if (ms < 12) await context.sleep(ms)
  else await delay(ms)
  if (ms > 18) throw failed
  return 'done'
}

test('10,000 calls, cancelled at random moments: each has one outcome, and nothing is left on either end', async () => {
  const clocks = [counting(), counting()] as const
  const server = await served(deadlined(service, clocks[1]), { log: () => {} })
  const peer = await dial(server)
  const { signal } = new AbortController()
  const outcomes = new Map<unknown, number>()
  const one = async () => {
    const controller = new AbortController()
    const kind = Math.random()
    const ms = Math.random() * 25
    const call = kind < 0.5 ? peer.call : deadlined(peer.call, ms, clocks[0])
    const given = { signal: kind < 0.75 ? controller.signal : signal }
    const timer = setTimeout(() => controller.abort(Object.assign(new Error(), { name: 'GivenUp' })), Math.random() * 25)
    const settled: unknown[] = []
    await call('x', [], given).then(
      (value) => settled.push(value),
      (error: { code?: number; name: string }) => settled.push(error.code ?? error.name),
    )
    clearTimeout(timer)
    expect(settled).toHaveLength(1)
    outcomes.set(settled[0], (outcomes.get(settled[0]) ?? 0) + 1)
  }
  for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 500 }, one))
  await isEmpty([peer, ...server.peers], clocks, signal)
  expect([...outcomes.keys()].sort()).toEqual([-32008, -32603, 'GivenUp', 'done'])
  expect([...outcomes.values()].reduce((a, b) => a + b)).toBe(10_000)
  expect(await peer.call('x').catch(() => 'failed')).toMatch(/done|failed/)
})

test('two ends cancel each other\'s calls, a thousand times: both go on, and nothing is left', async () => {
  const server = await served(deadlined(service), { log: () => {} })
  const near = await dial(server, { handler: deadlined(service), log: () => {} })
  const [far] = server.peers
  const { signal } = new AbortController()
  for (let round = 0; round < 1_000; round++) {
    const controllers = [new AbortController(), new AbortController()]
    const calls = [near, far!].map((peer, i) => outcome(peer.call('x', [], { signal: controllers[i]!.signal })))
    if (round % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
    for (const controller of controllers) controller.abort(Object.assign(new Error(), { name: 'GivenUp' }))
    const ends = await Promise.all(calls)
    for (const end of ends) expect(['GivenUp', 'done', -32603]).toContain(end)
  }
  await isEmpty([near, far!], [], signal)
})

test('two ends give up megabytes that the other one reads slowly: no one waits for ever, nothing is left', async () => {
  const big = 'x'.repeat(1_000_000)
  const handler: Handler = async (_, context) => (await context.sleep(10), big)
  const server = await served(deadlined(handler), { log: () => {} })
  const near = await dial(server, { handler: deadlined(handler), log: () => {} })
  const [far] = server.peers
  const { signal } = new AbortController()
  const calls = [near, far!].flatMap((peer) =>
    Array.from({ length: 100 }, (_, i) => outcome(deadlined(peer.call, i % 2 ? 60_000 : 5 + i)('x', [big], { signal }))),
  )
  const counts = new Map<unknown, number>()
  for (const end of await Promise.all(calls)) {
    const key = end === big ? 'megabyte' : end
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  expect(counts.get('megabyte')).toBeGreaterThanOrEqual(100)
  expect([...counts.keys()].filter((key) => key !== 'megabyte' && key !== -32008)).toEqual([])
  await isEmpty([near, far!], [], signal)
})

test('the connection ends in the middle: each of a thousand calls has one outcome, and nothing is left', async () => {
  const clocks = [counting(), counting()] as const
  const server = await served(deadlined((_, context) => context.sleep(60_000), clocks[1]))
  const peer = await dial(server)
  const { signal } = new AbortController()
  // Some deadlines come later than the end: who answers then learns that nobody is there, where one that only
  // hears no more would go on with its work.
  const late = (i: number) => (i % 4 ? 2 * i : 0)
  const calls = Array.from({ length: 1_000 }, (_, i) => deadlined(peer.call, i % 2 ? 1e6 : 30 + late(i), clocks[0])('x', [], { signal }))
  const settled = Promise.allSettled(calls)
  await Promise.any(calls.map((call) => call.catch(() => true)))
  const ends = [peer, ...server.peers]
  peer.destroy()
  const reasons = (await settled).map((result) => (result.status === 'rejected' ? (result.reason as Error) : undefined))
  expect(reasons.filter((reason) => reason instanceof DisconnectedError).length).toBeGreaterThanOrEqual(500)
  expect(reasons.every((reason) => reason !== undefined)).toBe(true)
  await Promise.all(ends.map((end) => end.closed))
  await isEmpty([], clocks, signal)
  for (const end of ends) expect(cancels(end).size).toBe(0)
})
