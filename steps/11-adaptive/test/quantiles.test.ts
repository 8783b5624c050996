import type { Call } from '@rpc-steps/async-await'
import { describe, expect, test } from 'vitest'
import { measured, patience, Quantiles } from '../src/index.ts'
import { Time } from '../src/time.ts'

function recorded(values: readonly number[], options: { windowMs?: number; least?: number } = {}) {
  const time = new Time()
  const quantiles = new Quantiles({ clock: time, windowMs: 1000, least: 10, ...options })
  for (const ms of values) quantiles.record(ms)
  return { time, quantiles }
}
const hundred = Array.from({ length: 100 }, (_, i) => i + 1)
/** Within a thousandth: that is how fine the histogram is. */
const near = (value: number | undefined, expected: number) => expect(Math.abs(value! / expected - 1)).toBeLessThan(0.002)

describe('quantiles', () => {
  test('so many percent took no longer', () => {
    const { quantiles } = recorded(hundred)
    near(quantiles.percentile(50), 50)
    near(quantiles.percentile(95), 95)
    near(quantiles.percentile(99), 99)
  })

  test('say nothing of too little', () => {
    const { quantiles } = recorded([1, 2, 3])
    expect(quantiles.percentile(95)).toBeUndefined()
    for (const ms of [4, 5, 6, 7, 8, 9, 10]) quantiles.record(ms)
    near(quantiles.percentile(50), 5)
  })

  test('take what took no time at all', () => {
    near(recorded(Array.from({ length: 10 }, () => 0)).quantiles.percentile(99), 0.001)
  })

  test('remember for one window, and after two have forgotten', () => {
    const { time, quantiles } = recorded(hundred)
    time.runUntil(1999)
    near(quantiles.percentile(99), 99)
    for (const ms of hundred) quantiles.record(ms / 100)
    time.runUntil(2999)
    near(quantiles.percentile(99), 0.99)
    // Nobody has asked for a long time, so nothing was put away meanwhile.
    for (const ms of hundred) quantiles.record(ms)
    time.runUntil(10_000)
    expect(quantiles.percentile(99)).toBeUndefined()
  })
})

describe('a measured call', () => {
  test('counts however it ends: whoever was given up was not quick', async () => {
    const { time, quantiles } = recorded([], { least: 20 })
    let n = 0
    const call: Call = async () => {
      const late = ++n % 2 === 0
      time.runUntil(time.now() + (late ? 30 : 10))
      if (late) throw new Error('given up')
      return null
    }
    for (let i = 0; i < 20; i++) await measured(call, quantiles, time)('x').catch(() => {})
    near(quantiles.percentile(99), 30)
    near(quantiles.percentile(40), 10)
  })
})

describe('patience', () => {
  const range = [5, 500] as const
  test('is what the slowest took, and what was chosen while nothing is known', () => {
    const { quantiles } = recorded(hundred)
    near(patience({ quantiles, percent: 95, usual: 7, range }), 95)
    near(patience({ quantiles, percent: 99, factor: 2, usual: 7, range }), 198)
    expect(patience({ quantiles: recorded([]).quantiles, percent: 95, usual: 7, range })).toBe(7)
  })

  test('stays within its range', () => {
    const { quantiles } = recorded(hundred)
    expect(patience({ quantiles, percent: 99, factor: 100, usual: 7, range })).toBe(500)
    expect(patience({ quantiles, percent: 1, usual: 7, range })).toBe(5)
  })
})
