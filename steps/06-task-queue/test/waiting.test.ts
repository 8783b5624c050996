import { describe, expect, test } from 'vitest'
import { erlangWait, simulate } from '../src/index.ts'

const load = { workers: 4, capacity: Infinity, utilisation: 0.5, serviceMs: 10, requests: 40_000, seed: 1 }

describe('Erlang’s formula', () => {
  test('for one worker is the queue of every textbook: u / (1 - u) times the service', () => {
    for (const u of [0.1, 0.5, 0.9]) expect(erlangWait(1, u, 10)).toBeCloseTo((10 * u) / (1 - u), 9)
  })

  test('for two workers at half of what they can do is a third of the service', () => {
    expect(erlangWait(2, 0.5, 30)).toBeCloseTo(10, 9)
  })

  test('has no end where more comes than can be done, and holds for ten thousand workers', () => {
    expect(erlangWait(4, 1, 10)).toBe(Infinity)
    expect(erlangWait(10_000, 0.99, 10)).toBeGreaterThan(0)
    expect(erlangWait(10_000, 0.5, 10)).toBeCloseTo(0, 9)
  })
})

describe('the queue, in simulated time', () => {
  test.each([0.3, 0.5, 0.7])('waits as long as the formula says, at %d of what it can do', async (utilisation) => {
    const { waitMs, refused } = await simulate({ ...load, utilisation })
    const predicted = erlangWait(4, utilisation, 10)
    expect(Math.abs(waitMs / predicted - 1)).toBeLessThan(0.15)
    expect(refused).toBe(0)
  })

  test('with a bound, serves what it can and refuses the rest', async () => {
    const { waitMs, refused } = await simulate({ ...load, capacity: 40, utilisation: 1.25 })
    expect(refused).toBeGreaterThan(0.18)
    expect(refused).toBeLessThan(0.22)
    expect(waitMs).toBeLessThan((40 / 4) * 10)
  })

  test('is the same for the same seed, and another for another', async () => {
    const small = { ...load, requests: 1_000, utilisation: 0.8 }
    const [one, same, other] = [await simulate(small), await simulate(small), await simulate({ ...small, seed: 2 })]
    expect(same).toEqual(one)
    expect(other).not.toEqual(one)
  })
})
