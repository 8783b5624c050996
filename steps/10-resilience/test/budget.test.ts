import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { backoff, Budget } from '../src/index.ts'

describe('a budget', () => {
  it('has one retry after ten calls, exactly', () => {
    const budget = new Budget({ start: 0 })
    for (let i = 0; i < 9; i++) budget.deposit()
    expect(budget.withdraw()).toBe(false)
    budget.deposit()
    expect([budget.withdraw(), budget.withdraw()]).toEqual([true, false])
  })

  it('refuses what is no budget', () => {
    for (const options of [{ ratio: 0 }, { ratio: NaN }, { most: 0 }, { start: -1 }]) {
      expect(() => new Budget(options)).toThrow(RangeError)
    }
  })
})

test('in every order of calls and retries there are no more retries than were paid for, and no fewer', () => {
  const options = fc.record({ price: fc.integer({ min: 1, max: 20 }), start: fc.nat(5), most: fc.integer({ min: 1, max: 5 }) })
  const script = fc.array(fc.boolean(), { maxLength: 300, size: 'max' })
  fc.assert(
    fc.property(options, script, ({ price, start, most }, script) => {
      const budget = new Budget({ ratio: 1 / price, start, most })
      let calls = Math.min(start, most) * price
      const [came, expected]: [unknown[], unknown[]] = [[], []]
      for (const isCall of script) {
        if (isCall) {
          budget.deposit()
          calls = Math.min(most * price, calls + 1)
        } else {
          const has = calls >= price - 1e-9
          came.push(budget.withdraw())
          expected.push(has)
          if (has) calls -= price
        }
        came.push(Math.round(budget.balance * price), budget.balance <= most)
        expected.push(calls, true)
      }
      expect(came).toEqual(expected)
    }),
  )
})

describe('the backoff', () => {
  it('is anything up to a limit that doubles, and stops growing', () => {
    const most = (failures: number) => backoff(failures, { base: 50, cap: 1000, random: () => 1 })
    expect([1, 2, 3, 4, 5, 6, 7, 5000].map(most)).toEqual([50, 100, 200, 400, 800, 1000, 1000, 1000])
    expect(backoff(9, { random: () => 0 })).toBe(0)
  })

  it('is spread evenly: a thousand who have failed together come back one by one', () => {
    const times = Array.from({ length: 1000 }, () => backoff(1, { base: 1000 }))
    const tenths = Array.from({ length: 10 }, (_, i) => times.filter((ms) => Math.floor(ms / 100) === i).length)
    for (const count of tenths) expect(count).toBeGreaterThan(40)
  })
})
