import { seeded } from '@rpc-steps/adaptive/simulated'
import type { Random } from '@rpc-steps/adaptive/simulated'
import { backoff } from '@rpc-steps/resilience'
import { describe, expect, test } from 'vitest'
import { counts, fleetOf, natsLimits } from '../src/fleet.ts'
import { stampede } from '../src/stampede.ts'
import { fanOut, slowerShare, usual } from '../src/tail.ts'
import { cancelsHeard, connections, limitsOfServer, slowCalls } from '../tried/fleet.ts'
import { isInstalled } from '../tried/nats-server.ts'

const count = (what: string, fleet: Parameters<(typeof counts)[number]['of']>[0]) => counts.find((one) => one.what.startsWith(what))!.of(fleet)

describe('connections', () => {
  test.skipIf(process.platform !== 'linux' || !isInstalled).each([[1, 1], [3, 4], [6, 2]])('of %d clients and %d workers are as many as are worked out', async (clients, workers) => {
    const fleet = { machines: clients + workers, clients, workers }
    expect(await connections(clients, workers)).toEqual({
      direct: count('connections, each client to each worker', fleet),
      broker: count('connections, all to a broker', fleet),
    })
  })

  test('all machines of a fleet call, or are called', () => {
    for (const machines of [2, 3, 300, 30_000]) {
      const { clients, workers } = fleetOf(machines)
      expect(clients + workers).toBe(machines)
      expect(Math.min(clients, workers)).toBeGreaterThan(0)
    }
  })
})

test.each([1, 2, 4])('a cancel is heard by all of %d workers while nobody knows whose it is', async (workers) => {
  expect(await cancelsHeard(workers)).toBe(count('messages for one cancel, while', { machines: 2 * workers, clients: workers, workers }))
})

describe('the tail', () => {
  test('of simulated calls that ask several is what chance makes of one', () => {
    const tails = [1, 10, 100].map((asks) => fanOut({ workers: 100, asks, calls: 3_000, takes: usual, busy: 0.01, random: seeded(7) }))
    const p99 = fanOut({ workers: 100, asks: 1, calls: 100_000, takes: usual, busy: 0.01, random: seeded(8) }).p99
    const [one, ten, hundred] = tails.map(({ all }) => all.filter((ms) => ms > p99).length / all.length)
    expect(one).toBeCloseTo(slowerShare(0.01, 1), 1)
    expect(Math.abs(ten! - slowerShare(0.01, 10))).toBeLessThan(0.03)
    expect(Math.abs(hundred! - slowerShare(0.01, 100))).toBeLessThan(0.05)
  })

  test('is cut by a second try, which costs little', () => {
    const scene = { workers: 100, asks: 100, calls: 1_000, takes: usual }
    const plain = fanOut({ ...scene, random: seeded(1) })
    const hedged = fanOut({ ...scene, hedgeMs: 40, random: seeded(1) })
    expect(hedged.p99).toBeLessThan(plain.p99 / 2)
    expect(hedged.requests).toBeLessThan(1.06 * plain.requests)
  })

  test('of real calls through a broker is the same', async () => {
    const shares: number[] = []
    for (const asks of [1, 2, 4]) shares.push(await slowCalls(asks, 1_500, 3))
    for (const [i, asks] of [1, 2, 4].entries()) {
      // So much is chance: three standard deviations of so many calls. A busy machine makes quick ones slow, never slow ones quick.
      const expected = slowerShare(0.05, asks)
      const chance = 3 * Math.sqrt((expected * (1 - expected)) / 1_500)
      expect(shares[i]).toBeGreaterThan(expected - chance)
      expect(shares[i]).toBeLessThan(expected + chance + 0.1)
    }
  })
})

describe('a stampede', () => {
  const broker = { downMs: 3_000, rate: 2_000, backlog: 1_024, patienceMs: 2_000 }
  const jitter = (failures: number, random: Random) => backoff(failures, { cap: 2_000, random })
  const after = (clients: number, more: object = {}) => stampede({ clients, ...broker, wait: jitter, random: seeded(1), ...more })

  test('is nothing for a few', () => {
    expect(after(3).allBackMs).toBeLessThan(2_000)
    expect(after(3).peak).toBeLessThan(0.01)
  })

  test('is counted from when the broker is back: before that it cost nobody anything', () => {
    expect(after(3_000).peak).toBeGreaterThan(0.5)
    expect(after(3_000).peak).toBeLessThan(2.5)
  })

  test('takes at least as long as the broker needs for all, and not much longer where it always has somebody to serve', () => {
    for (const rate of [2_000, 200]) {
      const needs = (1000 * 1_000) / rate
      const { allBackMs } = after(1_000, { rate, backlog: rate / 2 })
      expect(allBackMs).toBeGreaterThan(0.99 * needs)
      expect(allBackMs).toBeLessThan(1.5 * needs + 2_000)
    }
  })

  test('of very many is played by some that stand for them', () => {
    const [all, some] = [after(3_000), after(9_000, { rate: 6_000, backlog: 3_072 })]
    expect(some).toEqual(all)
  })

  test('does not end where more wait than are served before they give up: all that is done is for nobody', () => {
    const { allBackMs, wasted } = after(1_500, { rate: 100, backlog: 225 })
    expect(allBackMs).toBeNaN()
    expect(wasted).toBeGreaterThan(1)
  })
})

test.skipIf(!isInstalled)('the limits that are told are those of the server', async () => {
  const said = await limitsOfServer()
  expect(said).toMatchObject(Object.fromEntries(natsLimits.map(({ name, value }) => [name, value])))
})
