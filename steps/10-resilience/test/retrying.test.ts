import type { CallOptions, Json } from '@rpc-steps/async-await'
import { FakeClock } from '@rpc-steps/session/testing'
import { describe, expect, it } from 'vitest'
import { Budget, hasKey, keyed, retrying } from '../src/index.ts'
import type { RetryOptions } from '../src/index.ts'
import { full, internal, late, listeners, lost, outcome, scripted, turn, unavailable, unsent, wrong } from './support.ts'

/** Plays a call to its end, as fast as time can be made to go; returns what came of it, after how many tries. */
async function played(ends: (Json | Error)[], options: RetryOptions = {}, beside: CallOptions = {}) {
  const clock = new FakeClock()
  const { call, tries } = scripted(...ends)
  const waits: number[] = []
  const all = { clock, random: () => 0.5, base: 100, retried: (_: unknown, ms: number) => waits.push(ms), ...options }
  const ended = outcome(retrying(call, all)('x', undefined, beside))
  let over = false
  void ended.then(() => (over = true))
  for (await turn(); !over; await turn()) clock.pass(100_000)
  return { came: await ended, tries: tries.length, waits, timers: clock.timers, asked: tries }
}

describe('what is tried again', () => {
  it('what was never sent, and what the server has not begun', async () => {
    for (const error of [unsent(), unavailable(), full()]) {
      expect(await played([error, error, 'ok'])).toMatchObject({ came: 'ok', tries: 3, waits: [50, 100] })
    }
  })

  it('what may have run only if it is idempotent', async () => {
    for (const error of [lost(), late()]) {
      expect(await played([error, 'ok'])).toMatchObject({ came: (error as { code: unknown }).code, tries: 1 })
      expect(await played([error, 'ok'], { idempotent: (method) => method === 'x' })).toMatchObject({ came: 'ok', tries: 2 })
    }
  })

  it('no answer, also none that is an error', async () => {
    for (const error of [wrong(), internal()]) {
      expect(await played([error, 'ok'], { idempotent: () => true })).toMatchObject({ came: error.code, tries: 1 })
    }
  })

  it('a stream only if it was not sent: its items have begun to move', async () => {
    for (const meta of [{ credit: 4 }, { stream: true }]) {
      const beside = { extras: () => ({ meta }) }
      expect(await played([unavailable(), 'ok'], { idempotent: () => true }, beside)).toMatchObject({ came: -32014, tries: 1 })
      expect(await played([unsent(), 'ok'], {}, beside)).toMatchObject({ came: 'ok', tries: 2 })
    }
  })

  it('so many times, and not more', async () => {
    expect(await played([unsent()], { tries: 3 })).toMatchObject({ came: 'ERR_DISCONNECTED', tries: 3 })
    expect(() => retrying(scripted(1).call, { tries: 0 })).toThrow(RangeError)
  })
})

describe('when', () => {
  it('not before the server wants it, and not all at the same moment', async () => {
    expect((await played([full(700), 'ok'])).waits).toEqual([750])
  })

  it('not if the deadline would be over then, or if it is too long to wait', async () => {
    const beside = { extras: () => ({ meta: { timeoutMs: 60 } }) }
    expect(await played([unsent(), unsent(), 'ok'], {}, beside)).toMatchObject({ came: 'ERR_DISCONNECTED', tries: 2 })
    expect(await played([full(1e12), 'ok'])).toMatchObject({ came: -32029, tries: 1 })
  })

  it('a caller who gives up while it waits is told at once, and nothing is left', async () => {
    const clock = new FakeClock()
    const controller = new AbortController()
    const { call, tries } = scripted(unsent())
    const ended = outcome(retrying(call, { clock })('x', undefined, { signal: controller.signal }))
    await turn()
    expect([clock.timers, listeners(controller.signal)]).toEqual([1, 1])
    controller.abort(new Error('enough'))
    expect(await ended).toBe('enough')
    expect([clock.timers, listeners(controller.signal), tries.length]).toEqual([0, 0, 1])
  })

  it('a cancel in the turn in which the timer fires: one outcome, whichever is first', async () => {
    for (const cancelFirst of [true, false]) {
      const clock = new FakeClock()
      const controller = new AbortController()
      const { call } = scripted(unsent(), 'ok')
      const ended = outcome(retrying(call, { clock })('x', undefined, { signal: controller.signal }))
      await turn()
      if (cancelFirst) controller.abort(new Error('enough'))
      clock.pass(1000)
      controller.abort(new Error('enough'))
      expect(await ended).toBe(cancelFirst ? 'enough' : 'ok')
      expect([clock.timers, listeners(controller.signal)]).toEqual([0, 0])
    }
  })

  it('10,000 calls that wait with one signal have one listener, and then none', async () => {
    const clock = new FakeClock()
    const { signal } = new AbortController()
    let down = true
    const call = retrying(async () => {
      if (down) throw unsent()
      return 'ok'
    }, { clock, budget: new Budget({ start: 10_000, most: 10_000 }) })
    const calls = Array.from({ length: 10_000 }, () => call('x', undefined, { signal }))
    await turn()
    expect([clock.timers, listeners(signal)]).toEqual([10_000, 1])
    down = false
    clock.pass(1000)
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['ok']))
    expect([clock.timers, listeners(signal)]).toEqual([0, 0])
  })
})

describe('who pays', () => {
  it('when everything fails, the load grows by what the budget has, and a tenth', async () => {
    const clock = new FakeClock()
    const { call, tries } = scripted(unsent())
    const again = retrying(call, { clock, budget: new Budget({ start: 10 }) })
    for (let i = 0; i < 100; i++) {
      const calls = Array.from({ length: 10 }, () => outcome(again('x')))
      for (let j = 0; j < 10; j++) {
        clock.pass(10_000)
        await turn()
      }
      await Promise.all(calls)
    }
    expect(tries.length).toBe(1000 + 100 + 10)
  })

  it('one that is tried again by two filters is paid in once', async () => {
    const budget = new Budget({ start: 0 })
    await retrying(retrying(scripted('ok').call, { budget }), { budget })('x')
    expect(budget.balance).toBeCloseTo(0.1)
  })

  it('all tries of a call know who was asked, and have the same key', async () => {
    const clock = new FakeClock()
    const { call, tries } = scripted(lost(), lost(), 'ok')
    const ended = keyed(retrying(call, { clock, idempotent: hasKey }))('x')
    for (let i = 0; i < 3; i++) {
      await turn()
      clock.pass(1000)
    }
    expect(await ended).toBe('ok')
    expect(new Set(tries.map((one) => one.tries)).size).toBe(1)
    const keys = tries.map(({ extras }) => extras!().meta!.idempotencyKey)
    expect([keys.length, new Set(keys).size, typeof keys[0]]).toEqual([3, 1, 'string'])
  })
})
