import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { recordingOf } from '../course.ts'
import { realThirdsOf } from '../limits.data.ts'
import { firstLimits, learning, limitRanges, perSecond, rateOf, runsOf, third, thirdsOf, usual } from '../model/limits.ts'
import type { LimitSetting, Third } from '../model/limits.ts'
import { textOf } from '../source.ts'

const text = textOf(recordingOf('11-demo.txt'))
const real = realThirdsOf(text)
const names = Object.keys(real)

/** A fixed number of the demo stands for the fixed number of the page. */
function simulated(name: string): Third[] {
  const [, number] = /^fixed (\d+)$/.exec(name) ?? []
  const runs = runsOf({ ...firstLimits, ...(number && { fixed: Number(number) }) })
  return thirdsOf(number ? runs.fixed : name === 'no limit' ? runs.none : runs.learns)
}

/** How far a real run may be from its simulation: by a share, and by what a timer of a machine at work is late. */
const tolerance = { served: 0.1, latency: 0.15, ms: 15, limit: 0.25, places: 3 }
const near = (one: number, other: number, share: number, more = 0) =>
  one === other || Math.abs(one - other) <= share * other + more

function differences(name: string, expected: readonly Third[]): string[] {
  return real[name]!.flatMap(({ served, meanMs, limit }, i) => {
    const sim = expected[i]!
    return [
      ...(near(served, sim.served, tolerance.served) ? [] : [`third ${i + 1}: ${served} served, simulated ${sim.served}`]),
      ...(near(meanMs, sim.meanMs, tolerance.latency, tolerance.ms) ? [] : [`third ${i + 1}: ${meanMs} ms, simulated ${sim.meanMs}`]),
      ...(near(limit, sim.limit, tolerance.limit, tolerance.places) ? [] : [`third ${i + 1}: limit ${limit}, simulated ${sim.limit}`]),
    ]
  })
}

describe('the real run of the demo', () => {
  test('has the limits that the page begins with', () => {
    expect(names).toEqual(['no limit', 'fixed 15', `fixed ${firstLimits.fixed}`, firstLimits.learns])
    expect(text).toContain(`${rateOf(firstLimits)} requests a second, each ${usual.serviceMs} ms`)
    for (const thirds of Object.values(real)) {
      expect(thirds.map(({ workers }) => workers)).toEqual([usual.workers, firstLimits.workers, usual.workers])
    }
  })

  test.each(names)('%s: is what the simulation says', (name) => {
    expect(differences(name, simulated(name))).toEqual([])
  })

  test('is not what it says of another limit', () => {
    for (const name of names) {
      for (const other of names) if (other !== name) expect(differences(name, simulated(other)), `${name}, ${other}`).not.toEqual([])
    }
  })

  test("keeps Little's law: in flight are as many as come while one is", () => {
    for (const { inFlight, served, meanMs } of Object.values(real).flat()) {
      // What waits without a limit grows while it is measured, so who has been answered waited less than who has come.
      if (inFlight < 200) expect(near(inFlight, (served * meanMs) / 1000, 0.2, 2)).toBe(true)
    }
  })

  test('cannot be made of something else', () => {
    expect(() => realThirdsOf(textOf(recordingOf('06-waiting.txt')))).toThrow('no three thirds')
    expect(() => realThirdsOf(text.replace(/^vegas .*ms$/m, ''))).toThrow('no three thirds')
  })
})

describe('what the reader can set', () => {
  const whole = ([least, most, step]: readonly [number, number, number]) =>
    fc.integer({ min: 0, max: (most - least) / step }).map((n) => least + n * step)
  const settings: fc.Arbitrary<LimitSetting> = fc.record({
    load: whole(limitRanges.load), workers: whole(limitRanges.workers), serviceMs: whole(limitRanges.serviceMs),
    fixed: whole(limitRanges.fixed), learns: fc.constantFrom(...(Object.keys(learning) as (keyof typeof learning)[])),
  })

  test('is simulated within what can be done, and a limit is kept to', () => {
    fc.assert(
      fc.property(settings, (setting) => {
        const runs = runsOf(setting)
        for (const points of [runs.none, runs.fixed, runs.learns]) {
          expect(points.map(({ atMs }) => atMs).at(-1)).toBe(3 * third.ms)
          for (const [i, conditions] of [usual, setting, usual].entries()) {
            // A request that was begun before a change may end after it.
            expect(thirdsOf(points)[i]!.served).toBeLessThan(1.1 * perSecond(conditions) + 20)
          }
        }
        expect(Math.max(...runs.fixed.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(setting.fixed)
      }),
      { numRuns: 15 },
    )
  })

  test('comes out the same each time', () => {
    expect(runsOf(firstLimits)).toEqual(runsOf(firstLimits))
  })
})
