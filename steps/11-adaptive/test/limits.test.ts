import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Aimd, fixed, Gradient2, seeded, simulate, Vegas } from '../src/index.ts'
import type { Conditions, Limit, Point, Random, Range, Scene } from '../src/index.ts'
import { Time } from '../src/time.ts'

const all = {
  aimd: (time: Time, range?: Range) => new Aimd(time, { tooLongMs: 20, ...range }),
  vegas: (_: Time, range?: Range) => new Vegas(range),
  gradient2: (_: Time, range?: Range) => new Gradient2(range),
} satisfies Record<string, (time: Time, range?: Range) => Limit>
const names = Object.keys(all) as (keyof typeof all)[]

/** So many requests that end after `rttMs` each, one after the other, all places taken. */
function feed(limit: Limit, time: Time, count: number, rttMs: number, outcome: 'success' | 'dropped' = 'success'): void {
  for (let i = 0; i < count; i++) {
    time.runUntil(time.now() + rttMs / limit.current)
    limit.sample({ rttMs, inFlight: limit.current, outcome })
  }
}

const mean = (points: readonly Point[], of: 'limit' | 'served' | 'meanMs') =>
  points.reduce((sum, point) => sum + point[of], 0) / points.length

describe.each(names)('%s', (name) => {
  test('stays a whole number from 1 to its most, whatever it is told', () => {
    const sample = fc.record({
      rttMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e9, noNaN: true })),
      inFlight: fc.integer({ min: 1, max: 2000 }),
      outcome: fc.constantFrom('success' as const, 'dropped' as const),
    })
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 2000, size: 'max' }), (samples) => {
        const time = new Time()
        const limit = all[name](time, { most: 12 })
        for (const sample of samples) {
          time.runUntil(time.now() + 1)
          limit.sample(sample)
          if (!(Number.isInteger(limit.current) && limit.current >= 1 && limit.current <= 12)) return false
        }
        return true
      }),
      { numRuns: 50 },
    )
  })

  test('at 1, it grows again when all goes well', () => {
    const time = new Time()
    const limit = all[name](time)
    feed(limit, time, 10_000, 10, 'dropped')
    expect(limit.current).toBe(1)
    feed(limit, time, 5_000, 10)
    expect(limit.current).toBeGreaterThan(5)
  })

  test.each([
    ['one request that took an hour', 1, 3_600_000, 'success'],
    ['twenty that fail together', 20, 50, 'dropped'],
  ] as const)('does not collapse for %s, and is soon what it was', (_, count, rttMs, outcome) => {
    const time = new Time()
    const limit = all[name](time, { most: 30 })
    feed(limit, time, 10_000, 10)
    const lows: number[] = []
    for (let i = 0; i < count; i++) limit.sample({ rttMs, inFlight: 30, outcome })
    for (let i = 0; i < 3000; i++) {
      feed(limit, time, 1, 10)
      lows.push(limit.current)
    }
    // It may be measuring with half of the places.
    expect(Math.min(...lows)).toBeGreaterThan(10)
    expect(Math.max(...lows.slice(-500))).toBe(30)
  })

  test('does not grow while nobody asks for more', () => {
    const time = new Time()
    const limit = all[name](time)
    for (let i = 0; i < 20_000; i++) {
      time.runUntil(time.now() + 5)
      limit.sample({ rttMs: 10, inFlight: 2, outcome: 'success' })
    }
    expect(limit.current).toBe(10)
  })

  test('is the same for the same chance', () => {
    const conditions = { workers: 4, serviceMs: 100, rate: 60 }
    const run = (seed: number) => {
      return simulate(all[name], { conditions, durationMs: 300_000, stepMs: 60_000, random: seeded(seed) })
    }
    expect(run(1)).toEqual(run(1))
    expect(run(1)).not.toEqual(run(2))
  })
})

test.each([
  [() => fixed(0), 'limit'],
  [() => fixed(NaN), 'limit'],
  [() => new Vegas({ initial: 0 }), 'initial'],
  [() => new Vegas({ initial: 20, most: 10 }), 'initial'],
  [() => new Vegas({ most: NaN }), 'most'],
  [() => new Vegas({ memory: 0 }), 'memory'],
  [() => new Gradient2({ tolerance: 0.5 }), 'tolerance'],
  [() => new Gradient2({ waiting: 0 }), 'waiting'],
  [() => new Aimd(new Time(), { tooLongMs: 0 }), 'tooLongMs'],
  [() => new Aimd(new Time(), { tooLongMs: 10, backoff: 1 }), 'backoff'],
])('%s is an error that says so', (make, name) => {
  expect(make).toThrow(RangeError)
  expect(make).toThrow(name)
})

describe('when the server changes', () => {
  const usual: Conditions = { workers: 20, serviceMs: 10, rate: 8000 }
  const changed = {
    'has half of its workers': { workers: 10 },
    'takes twice as long': { serviceMs: 20 },
    'has twice as many workers': { workers: 40 },
    'takes half as long': { serviceMs: 5 },
  } satisfies Record<string, Partial<Conditions>>

  /** The number from which more throughput costs more latency than it is worth: most power (Kleinrock, 1979). */
  function bestFixed(conditions: Conditions): { limit: number; served: number; meanMs: number } {
    let best = { limit: 0, served: 0, meanMs: Infinity }
    const step = conditions.workers / 10
    for (let limit = 5 * step; limit <= 20 * step; limit += step) {
      const points = simulate(() => fixed(limit), { conditions, durationMs: 1000, stepMs: 100, random: seeded(1) })
      const found = { limit, served: mean(points, 'served'), meanMs: mean(points, 'meanMs') }
      if (found.served / found.meanMs > best.served / best.meanMs) best = found
    }
    return best
  }

  const atMs = 2000
  const after = (limitFor: (time: Time) => Limit, change: Partial<Conditions>, seed: number, spread?: Scene['spread']) => {
    const { serviceMs } = { ...usual, ...change }
    const roundTrips = 100 * serviceMs
    const scene = { conditions: usual, changes: [{ atMs, ...change }], durationMs: atMs + 3 * roundTrips, stepMs: 100 }
    const points = simulate(limitFor, { ...scene, random: seeded(seed), ...(spread && { spread }) })
    return points.filter((point) => point.atMs > atMs + roundTrips)
  }
  const seeds = [1, 2, 3, 4, 5]

  test.each(Object.keys(changed) as (keyof typeof changed)[])(
    'it %s: vegas is within 20 % of the best fixed limit after 100 round trips',
    (name) => {
      const change = changed[name]
      const best = bestFixed({ ...usual, ...change })
      for (const seed of seeds) {
        const points = after(all.vegas, change, seed)
        const found = { limit: mean(points, 'limit'), served: mean(points, 'served'), meanMs: mean(points, 'meanMs') }
        expect(Math.abs(found.limit / best.limit - 1), `${found.limit} beside ${best.limit}`).toBeLessThan(0.2)
        expect(found.served / best.served).toBeGreaterThan(0.8)
        expect(found.meanMs / best.meanMs).toBeLessThan(1.2)
      }
    },
  )

  test('it takes twice as long: the least latency from before is forgotten', () => {
    for (const spread of [() => 1, (random: Random) => 2 * random()]) {
      const served = mean(after(all.vegas, { serviceMs: 20 }, 1, spread), 'served')
      // It can do 1,000 a second.
      expect(served).toBeGreaterThan(80)
    }
  })

  test('requests that differ much: the first of them to end, the quick ones, are not taken for all', () => {
    const served = seeds.map((seed) => {
      const scene = { conditions: usual, durationMs: 5000, stepMs: 100, spread: (random: Random) => 2 * random() }
      return mean(simulate(all.vegas, { ...scene, random: seeded(seed) }).filter(({ atMs }) => atMs > 2500), 'served')
    })
    expect(Math.min(...served)).toBeGreaterThan(150)
  })

  test('gradient2 and aimd keep it busy, and the wait far below that without a limit', () => {
    for (const change of Object.values(changed)) {
      const none = after(() => fixed(Infinity), change, 1)
      for (const limitFor of [all.gradient2, (time: Time) => new Aimd(time, { tooLongMs: 50 })]) {
        const points = after(limitFor, change, 1)
        expect(mean(points, 'served') / mean(none, 'served')).toBeGreaterThan(0.9)
        expect(mean(points, 'meanMs') / mean(none, 'meanMs')).toBeLessThan(0.1)
      }
    }
  })

  test('what lasts becomes usual to gradient2: in an overload without end it grows without end, and vegas does not', () => {
    const scene = { conditions: usual, durationMs: 30_000, stepMs: 1000 }
    const last = (limitFor: (time: Time) => Limit) => simulate(limitFor, { ...scene, random: seeded(1) }).at(-1)!
    expect(last(all.gradient2).limit).toBeGreaterThan(10 * usual.workers)
    expect(last(all.vegas).limit).toBeLessThan(1.3 * usual.workers)
  })
})

test('one bad round costs gradient2 no more than a tenth', () => {
  const time = new Time()
  const limit = new Gradient2({ most: 100 })
  feed(limit, time, 20_000, 10)
  limit.sample({ rttMs: 3_600_000, inFlight: 100, outcome: 'success' })
  for (let i = 0; i < 1000; i++) {
    feed(limit, time, 1, 10)
    expect(limit.current).toBeGreaterThanOrEqual(90)
  }
})

describe('what aimd is told', () => {
  const grown = () => {
    const time = new Time()
    const limit = new Aimd(time, { tooLongMs: 100, initial: 100 })
    return { time, limit }
  }

  test('one more for each round trip that went well', () => {
    const { time, limit } = grown()
    feed(limit, time, 1010, 10)
    expect(limit.current).toBe(109)
  })

  test('a tenth less for what took too long, once for all that were in flight then', () => {
    const { time, limit } = grown()
    time.runUntil(1000)
    for (let i = 0; i < 100; i++) limit.sample({ rttMs: 101, inFlight: 100, outcome: 'success' })
    expect(limit.current).toBe(90)
    // Let in after the cut, and too slow all the same.
    time.runUntil(1101)
    limit.sample({ rttMs: 100.5, inFlight: 90, outcome: 'success' })
    expect(limit.current).toBe(81)
  })
})
