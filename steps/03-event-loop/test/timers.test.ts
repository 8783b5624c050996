import fc from 'fast-check'
import { faultySyscalls } from '@rpc-steps/sockets'
import { describe, expect, test } from 'vitest'
import { Loop, Timers } from '../src/index.ts'
import type { Timer } from '../src/index.ts'

/** Takes all timers, and returns their times. */
function taken(timers: Timers): number[] {
  const times: number[] = []
  for (let timer; (timer = timers.take(Infinity, timers.made)) && times.length < 12; ) times.push(timer.at)
  return times
}

const times = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

test('the next one moves to the front', () => {
  const timers = new Timers()
  for (const at of times(5).reverse()) timers.add(at, () => {})
  expect(taken(timers)).toEqual(times(5))
})

test('when the first is taken, the last one moves down behind all that are due before it', () => {
  const timers = new Timers()
  for (const at of times(7)) timers.add(at, () => {})
  expect(taken(timers)).toEqual(times(7))
})

test('one that is cancelled in the middle leaves the others in order', () => {
  for (const gone of times(9)) {
    const timers = new Timers()
    const all = [9, 4, 8, 1, 7, 3, 6, 2, 5].map((at) => timers.add(at, () => {}))
    timers.cancel(all.find(({ at }) => at === gone)!)
    expect(taken(timers)).toEqual(times(9).filter((at) => at !== gone))
  }
})

const step = fc.oneof(
  fc.record({ add: fc.integer({ min: 0, max: 20 }) }),
  fc.record({ cancel: fc.nat() }),
  fc.record({ take: fc.integer({ min: 0, max: 20 }) }),
)

test('timers come in the order of their times, and of their making when those are equal', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const timers = new Timers()
      const all: Timer[] = []
      let model: Timer[] = []
      const sorted = () => model.sort((a, b) => a.at - b.at || a.order - b.order)
      for (const step of steps) {
        if ('add' in step) {
          const timer = timers.add(step.add, () => {})
          all.push(timer)
          model.push(timer)
        } else if ('cancel' in step) {
          const timer = all[step.cancel % all.length]
          if (timer) timers.cancel(timer) // maybe one that has gone already
          model = model.filter((other) => other !== timer)
        } else {
          const due = sorted()[0]
          const expected = due && due.at <= step.take ? due : undefined
          expect(timers.take(step.take, timers.made)).toBe(expected)
          model = model.filter((other) => other !== expected)
        }
        expect(timers.length).toBe(model.length)
        expect(timers.next).toBe(sorted()[0]?.at ?? Infinity)
      }
    }),
  )
})

test('only timers made before a given moment are taken', () => {
  const timers = new Timers()
  const old = timers.add(5, () => {})
  const made = timers.made
  timers.add(5, () => {})
  expect(timers.take(10, made)).toBe(old)
  expect(timers.take(10, made)).toBeUndefined()
  expect(timers.length).toBe(1)
})

test('a cancelled timer leaves nothing behind, and can be cancelled again', () => {
  const timers = new Timers()
  const many = Array.from({ length: 10_000 }, (_, i) => timers.add((i * 7919) % 1000, () => {}))
  for (const timer of many) timers.cancel(timer)
  for (const timer of many) timers.cancel(timer)
  expect(timers.length).toBe(0)
  expect(timers.next).toBe(Infinity)
})

describe('the loop', () => {
  // Its clock stands still unless something sleeps: what is due now stays due.
  const create = () => new Loop({ syscalls: faultySyscalls(1, { faults: 'none' }), selector: 'poll' })

  test('runs a timer that was made in this turn in the next', () => {
    const loop = create()
    let runs = 0
    const again = () => void (++runs < 1_000 && loop.after(0, again))
    loop.after(0, again)
    loop.turn(0)
    expect(runs).toBe(1)
    loop.turn(0)
    expect(runs).toBe(2)
  })

  test('takes no time, less, and what is no number for now, in the order of their making', () => {
    const loop = create()
    const order: number[] = []
    for (const ms of [0, -5, NaN, -Infinity, 0]) loop.after(ms, () => order.push(ms))
    loop.turn(0)
    expect(order).toEqual([0, -5, NaN, -Infinity, 0])
  })

  test('does not wait for what never comes', () => {
    const loop = create()
    const cancel = loop.after(Infinity, () => {})
    expect(loop.alive).toBe(false)
    cancel()
  })
})
