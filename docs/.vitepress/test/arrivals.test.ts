import fc from 'fast-check'
import { expect, test } from 'vitest'
import { capacityOf, curveOf, outcomeOf, ranges } from '../model/arrivals.ts'
import { recordingOf } from '../course.ts'
import { textOf } from '../source.ts'
import { waitingOf } from '../waiting.data.ts'

const whole = ([min, max]: readonly [number, number, number]) => fc.integer({ min, max })
const settings = fc.record({ rate: whole(ranges.rate), workers: whole(ranges.workers), serviceMs: whole(ranges.serviceMs) })

test('with one worker it is the formula that can be worked out by hand: T × u / (1 - u)', () => {
  expect(outcomeOf({ rate: 50, workers: 1, serviceMs: 10 })).toEqual({ utilisation: 0.5, queue: 10, total: 20, waiting: 0.5 })
  expect(outcomeOf({ rate: 100, workers: 1, serviceMs: 10 })).toMatchObject({ utilisation: 1, queue: Infinity, waiting: Infinity })
})

test('more that comes waits longer, more workers less, and there is an end just as long as they can do it', () => {
  fc.assert(
    fc.property(settings, (setting) => {
      const { queue, total, utilisation } = outcomeOf(setting)
      const { rate, workers, serviceMs } = setting
      expect(Number.isFinite(queue)).toBe(rate < capacityOf(setting))
      expect(utilisation < 1).toBe(rate < capacityOf(setting))
      if (queue === Infinity) return
      expect(total).toBeCloseTo(queue + serviceMs, 9)
      expect(outcomeOf({ ...setting, rate: rate + 1 }).queue).toBeGreaterThanOrEqual(queue)
      expect(outcomeOf({ ...setting, workers: workers + 1 }).queue).toBeLessThanOrEqual(queue)
    }),
  )
})

test('the curve keeps to its bounds and rises', () => {
  fc.assert(
    fc.property(settings, (setting) => {
      const curve = curveOf(setting, 1000, 50)
      expect(curve[0]).toEqual([0, 0])
      for (const [i, [rate, ms]] of curve.entries()) {
        expect([rate <= 1000, ms <= 50]).toEqual([true, true])
        if (i > 0) expect([rate > curve[i - 1]![0], ms >= curve[i - 1]![1]]).toEqual([true, true])
      }
    }),
  )
})

test('it is what was measured on the queue of step 06, as far as chance allows', () => {
  const { workers, serviceMs, measured } = waitingOf(textOf(recordingOf('06-waiting.txt')))
  const free = measured.filter((point) => point.free !== undefined)
  expect(free.length).toBeGreaterThan(5)
  for (const { utilisation, free: ms } of free) {
    const { queue } = outcomeOf({ rate: (utilisation * workers * 1000) / serviceMs, workers, serviceMs })
    expect(Math.abs(ms! - queue)).toBeLessThan(0.15 * queue + 0.02)
  }
})
