import { queued } from '@rpc-steps/task-queue'
import type { NewLine } from '@rpc-steps/task-queue'
import { describe, expect, test } from 'vitest'
import { AdaptiveLifo, Codel } from '../src/index.ts'
import { Time } from '../src/time.ts'
import { ask, Stage, turn } from './support.ts'

const full = -32029

/** A queue of one worker, which has request 0. */
function busy(orderOf: (time: Time) => NewLine, capacity = 1000) {
  const [time, stage] = [new Time(), new Stage()]
  const queue = queued(stage.handler, { workers: 1, capacity, order: orderOf(time), clock: time })
  const outcomes: [number, unknown][] = []
  const come = (id: number) => ask(queue, id, (outcome) => outcomes.push([id, outcome]))
  come(0)
  const end = async () => {
    await stage.endFirst()
    await turn()
  }
  return { time, stage, queue, outcomes, come, end }
}

const codel = (time: Time) => () => new Codel<never>(time, { targetMs: 5, intervalMs: 100 })
const lifo = (time: Time) => () => new AdaptiveLifo<never>(time, 100)

describe('codel', () => {
  test('lets a burst wait for as long as an interval', async () => {
    const { time, come, end, outcomes, stage } = busy(codel)
    for (const id of [1, 2, 3]) come(id)
    for (const at of [30, 60, 90]) {
      time.runUntil(at)
      await end()
    }
    expect(stage.begun).toEqual([0, 1, 2, 3])
    expect(outcomes.map(([, outcome]) => outcome)).not.toContain(full)
  })

  test('keeps short what stands: who has waited for longer than the target is told so when a worker is free', async () => {
    const { time, come, end, outcomes, stage, queue } = busy(codel)
    for (const [id, at] of [[1, 0], [2, 0], [3, 97], [4, 98], [5, 101]] as const) {
      time.runUntil(at)
      come(id)
    }
    time.runUntil(103)
    await end()
    // Over 100 ms without having been empty: 1 and 2 have waited for too long, and 3 for 6 ms.
    expect(outcomes).toEqual([[0, 'done 0'], [1, full], [2, full], [3, full]])
    expect(stage.begun).toEqual([0, 4])
    expect(queue.places).toEqual({ accepted: 6, queued: 1, running: 1, answered: 4 })
    await end()
    await end()
    expect(queue.places).toEqual({ accepted: 6, queued: 0, running: 0, answered: 6 })
  })

  test('once it was empty, one may wait for an interval again', async () => {
    const { time, come, end, stage } = busy(codel)
    come(1)
    time.runUntil(90)
    await end()
    time.runUntil(300)
    come(2)
    time.runUntil(350)
    await end()
    expect(stage.begun).toEqual([0, 1, 2])
  })

  test('who has gone leaves it, and a drain ends', async () => {
    const { time, come, end, outcomes, queue } = busy(codel)
    const first = come(1)
    come(2)
    first.abort(new Error('gone'))
    await turn()
    const drained = queue.drain()
    time.runUntil(500)
    await end()
    await drained
    expect(outcomes).toEqual([[1, 'gone'], [0, 'done 0'], [2, full]])
  })
})

describe('adaptive last in, first out', () => {
  test('first in, first out, until the queue stands', async () => {
    const { time, come, end, stage } = busy(lifo)
    for (const id of [1, 2, 3, 4, 5]) come(id)
    time.runUntil(50)
    await end()
    time.runUntil(101)
    await end()
    come(6)
    await end()
    expect(stage.begun).toEqual([0, 1, 5, 6])
  })

  test('after it was empty, in the order of coming again', async () => {
    const { time, come, end, stage } = busy(lifo)
    for (const id of [1, 2]) come(id)
    time.runUntil(200)
    for (let i = 0; i < 3; i++) await end()
    for (const id of [3, 4, 5]) come(id)
    for (let i = 0; i < 3; i++) await end()
    expect(stage.begun).toEqual([0, 2, 1, 3, 4, 5])
  })
})

describe('twice as much as can be done, from callers who wait for 100 ms', () => {
  /** How many were answered in time, of 200 that could have been. */
  async function inTime(orderOf: ((time: Time) => NewLine) | undefined): Promise<number> {
    const time = new Time()
    const stage = new Stage()
    const queue = queued(stage.handler, { workers: 1, capacity: 1000, clock: time, ...(orderOf && { order: orderOf(time) }) })
    let good = 0
    for (let ms = 0; ms < 2000; ms += 5) {
      time.runUntil(ms)
      ask(queue, ms, (outcome) => {
        if (typeof outcome === 'string' && time.now() - ms <= 100) good++
      })
      if (ms % 10 === 5) await stage.endFirst()
      await turn()
    }
    return good
  }

  test('first in, first out serves hardly anybody in time; codel and the last first, nearly as many as can be', async () => {
    expect(await inTime(undefined)).toBeLessThan(30)
    expect(await inTime(codel)).toBeGreaterThan(180)
    expect(await inTime(lifo)).toBeGreaterThan(180)
    const both = (time: Time) => () => new Codel<never>(time, {}, new AdaptiveLifo(time))
    expect(await inTime(both)).toBeGreaterThan(180)
  })
})

test.each([
  [() => new Codel(new Time(), { targetMs: 0 }), 'targetMs'],
  [() => new Codel(new Time(), { targetMs: 101 }), 'targetMs'],
  [() => new Codel(new Time(), { intervalMs: NaN }), 'targetMs'],
  [() => new AdaptiveLifo(new Time(), 0), 'intervalMs'],
])('what is no order is an error that says so', (make, name) => {
  expect(make).toThrow(RangeError)
  expect(make).toThrow(name)
})
