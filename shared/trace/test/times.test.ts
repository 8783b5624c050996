import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { elapsed, timesOf } from '../src/index.ts'
import { trade } from './trade.ts'

describe('timesOf', () => {
  it('shares out the time of each call', () => {
    const [first, second, ...more] = timesOf([
      ...trade({ id: '5000:1', start: 1_000, there: 100, queue: 2_000, handle: 3_000, back: 200, give: 50 }),
      ...trade({ id: '5000:2', start: 9_000, there: 1, queue: 0, handle: 10, back: 2, give: 3 }),
    ])
    expect(first).toEqual({
      id: '5000:1', method: 'say', start: 1,
      total: 5.35, request: 3, queue: 2, response: 0.05, communication: expect.closeTo(0.3, 9),
    })
    expect(second).toMatchObject({ id: '5000:2', start: 9, total: 0.016, request: 0.01, queue: 0 })
    expect(more).toEqual([])
  })

  it('total is the sum of the parts, of calls in any overlap', () => {
    const us = fc.nat(1_000_000)
    const call = fc.record({ start: us, there: us, queue: us, handle: us, back: us, give: us })
    fc.assert(
      fc.property(fc.array(call, { minLength: 1, maxLength: 5 }), (calls) => {
        const events = calls.flatMap((call, i) => trade({ ...call, id: `1:${i}` })).toSorted((a, b) => a.ts - b.ts)
        const times = timesOf(events)
        expect(times).toHaveLength(calls.length)
        for (const { id, total, request, queue, response, communication } of times) {
          const call = calls[Number(id.slice(2))]!
          expect(request + queue + response + communication).toBeCloseTo(total, 6)
          expect(request).toBeCloseTo(call.handle / 1000, 6)
          expect(queue).toBeCloseTo(call.queue / 1000, 6)
          expect(response).toBeCloseTo(call.give / 1000, 6)
          expect(communication).toBeCloseTo((call.there + call.back) / 1000, 6)
        }
        const first = Math.min(...times.map(({ start }) => start))
        const last = Math.max(...times.map(({ start, total }) => start + total))
        expect(elapsed(times)).toBeCloseTo(last - first, 6)
      }),
    )
  })

  it('a call whose server was not recorded is all communication', () => {
    const events = trade({ id: '1:1', start: 0, there: 10, queue: 0, handle: 10, back: 10, give: 5 })
    const [call] = timesOf(events.filter(({ cat, pid }) => cat !== 'handle' && cat !== 'queue' && pid === 1))
    expect(call).toMatchObject({ total: 0.035, request: 0, response: 0.005, communication: 0.03 })
  })

  it('no calls take no time', () => {
    expect(timesOf([])).toEqual([])
    expect(elapsed([])).toBe(0)
  })
})
