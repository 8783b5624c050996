import type { Json } from '@rpc-steps/async-await'
import { FakeClock } from '@rpc-steps/session/testing'
import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { balanced, Budget, hedged, Latencies, leastLoaded } from '../src/index.ts'
import type { HedgeOptions } from '../src/index.ts'
import { full, internal, listeners, lost, manual, outcome, turn, wrong } from './support.ts'

function hedging(options: HedgeOptions = {}) {
  const clock = new FakeClock()
  const { call, tries } = manual()
  return { clock, tries, call: hedged(call, { delay: 50, idempotent: () => true, clock, ...options }) }
}

describe('a second try', () => {
  it('is made when the answer takes too long; the first answer counts, and the other is cancelled', async () => {
    for (const winner of [0, 1]) {
      const { clock, tries, call } = hedging()
      const answer = call('x', { a: 1 })
      clock.pass(49)
      expect(tries.length).toBe(1)
      clock.pass(1)
      expect(tries.map(({ params }) => params)).toEqual([{ a: 1 }, { a: 1 }])
      tries[winner]!.answer(winner)
      expect(await answer).toBe(winner)
      expect(tries[1 - winner]!.options.signal!.aborted).toBe(true)
      expect(tries[1 - winner]!.open).toBe(false)
      expect(clock.timers).toBe(0)
    }
  })

  it('is not made when there is an answer in time, for what may not run twice, for streams, and without budget', async () => {
    const { clock, tries, call } = hedging()
    const answer = call('x')
    tries[0]!.answer('quick')
    expect([await answer, clock.timers]).toEqual(['quick', 0])

    const stream = hedging()
    void outcome(stream.call('x', undefined, { extras: () => ({ meta: { credit: 4 } }) }))
    stream.clock.pass(1000)
    expect(stream.tries.length).toBe(1)
    for (const options of [{ idempotent: () => false }, { budget: new Budget({ start: 0 }) }]) {
      const { clock, tries, call } = hedging(options)
      const answer = call('x')
      clock.pass(1000)
      expect(tries.length).toBe(1)
      tries[0]!.answer('slow')
      expect([await answer, clock.timers]).toEqual(['slow', 0])
    }
  })

  it('a failure does not beat a success that is still to come, whichever try fails', async () => {
    for (const loser of [0, 1]) {
      for (const error of [lost(), full(), internal()]) {
        const { clock, tries, call } = hedging()
        const answer = call('x')
        clock.pass(50)
        tries[loser]!.fail(error)
        await turn()
        tries[1 - loser]!.answer('late')
        expect(await answer).toBe('late')
      }
    }
  })

  it('an answer that is an error is one: another server would say the same', async () => {
    const { clock, tries, call } = hedging()
    const came = outcome(call('x'))
    clock.pass(50)
    tries[1]!.fail(wrong())
    expect(await came).toBe(-32602)
    expect(tries[0]!.open).toBe(false)
  })

  it('when the first fails before its time, there is no second: that is for whoever tries again', async () => {
    const { clock, tries, call } = hedging()
    const came = outcome(call('x'))
    tries[0]!.fail(lost())
    expect([await came, clock.timers, tries.length]).toEqual(['ERR_DISCONNECTED', 0, 1])
  })

  it('when both fail, the call has failed, once', async () => {
    const { clock, tries, call } = hedging()
    const came = outcome(call('x'))
    clock.pass(50)
    tries[0]!.fail(lost())
    tries[1]!.fail(full())
    expect(await came).toBe(-32029)
  })

  it('a caller who gives up ends both, and one who has is not asked for', async () => {
    const { clock, tries, call } = hedging()
    const controller = new AbortController()
    const came = outcome(call('x', undefined, { signal: controller.signal }))
    clock.pass(50)
    controller.abort(new Error('enough'))
    expect(await came).toBe('enough')
    expect(tries.map(({ open }) => open)).toEqual([false, false])
    expect([clock.timers, listeners(controller.signal)]).toEqual([0, 0])
    expect(await outcome(call('x', undefined, { signal: controller.signal }))).toBe('enough')
    expect([clock.timers, tries.length]).toEqual([0, 2])
  })

  it('goes to another server', async () => {
    const clock = new FakeClock()
    const [a, b] = [manual(), manual()]
    const spread = balanced([{ name: 'a', call: a.call }, { name: 'b', call: b.call }], { clock, picker: leastLoaded(() => 0) })
    const answer = hedged(spread, { delay: 10, clock, idempotent: () => true })('x')
    clock.pass(10)
    expect([a.tries.length, b.tries.length]).toEqual([1, 1])
    b.tries[0]!.answer('b')
    expect(await answer).toBe('b')
    await turn()
    expect(spread.backends.map(({ inFlight }) => inFlight)).toEqual([0, 0])
  })

  it('10,000 calls with one signal leave no listener and no timer', async () => {
    const clock = new FakeClock()
    const { signal } = new AbortController()
    const call = hedged(async () => turn().then(() => 'ok'), { delay: 50, clock, idempotent: () => true })
    const calls = Array.from({ length: 10_000 }, () => call('x', undefined, { signal }))
    expect([listeners(signal), clock.timers]).toEqual([1, 10_000])
    await Promise.all(calls)
    expect([listeners(signal), clock.timers]).toEqual([0, 0])
  })
})

describe('the usual time', () => {
  it('is not known at first, then it is measured, and it follows', () => {
    const latencies = new Latencies()
    for (let i = 1; i <= 99; i++) latencies.add(i)
    expect(latencies.quantile(0.95)).toBeUndefined()
    latencies.add(100)
    expect(latencies.quantile(0.95)).toBeCloseTo(95, 0)
    for (let i = 0; i < 2000; i++) latencies.add(500)
    expect(latencies.quantile(0.95)).toBeCloseTo(500, -1)
  })

  it('is what a second try waits for', async () => {
    const clock = new FakeClock()
    const { call, tries } = manual()
    const quick = hedged(call, { clock, idempotent: () => true })
    for (let i = 0; i < 100; i++) {
      const answer = quick('x')
      clock.pass(20)
      tries.at(-1)!.answer(null)
      await answer
    }
    expect(tries.length).toBe(100)
    void outcome(quick('x'))
    clock.pass(19)
    expect(tries.length).toBe(101)
    clock.pass(2)
    expect(tries.length).toBe(102)
  })

  it('when everything is slow at once, the load grows by what the budget has', async () => {
    const clock = new FakeClock()
    const { call, tries } = manual()
    const quick = hedged(call, { clock, delay: 10, idempotent: () => true, budget: new Budget({ start: 0 }) })
    const calls = Array.from({ length: 1000 }, () => quick('x'))
    clock.pass(10)
    expect(tries.length).toBe(1000 + 50)
    for (const one of tries) if (one.open) one.answer(1)
    await Promise.all(calls)
  })
})

type Action = { do: 'call' } | { do: 'answer' | 'fail' | 'wrong'; which: number; second: boolean } | { do: 'give up'; which: number } | { do: 'pass'; ms: number }
interface Asked {
  /** Undefined before it is made. */
  tries: ('open' | 'over' | undefined)[]
  due: number
  outcome: unknown
}

test('in every order of answers, failures, time and cancels each call has the outcome that the plain model has', async () => {
  const which = fc.nat()
  const second = fc.boolean()
  const actions: fc.Arbitrary<Action> = fc.oneof(
    { weight: 4, arbitrary: fc.constant<Action>({ do: 'call' }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('answer' as const, 'fail' as const, 'wrong' as const), which, second }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('give up' as const), which }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(10, 30, 50) }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(actions, { maxLength: 60, size: 'max' }), async (script) => {
      const clock = new FakeClock()
      const made: ReturnType<typeof manual>[] = []
      const controllers: AbortController[] = []
      const asked: Asked[] = []
      const came: unknown[] = []
      let balance = 20
      const budget = new Budget({ ratio: 0.1, start: 2, most: 5 })
      for (const action of script) {
        if (action.do === 'call') {
          const i = asked.length
          const one = manual()
          const controller = new AbortController()
          made.push(one)
          controllers.push(controller)
          came.push(undefined)
          balance = Math.min(50, balance + 1)
          asked.push({ tries: ['open', undefined], due: clock.now() + 50, outcome: undefined })
          const call = hedged(one.call, { delay: 50, idempotent: () => true, clock, budget })
          void outcome(call('x', undefined, { signal: controller.signal })).then((what) => (came[i] = what))
        } else if (action.do === 'pass') {
          clock.pass(action.ms)
          for (const call of asked) {
            if (call.outcome !== undefined || call.due > clock.now()) continue
            call.due = Infinity
            if (balance < 10) continue
            balance -= 10
            call.tries[1] = 'open'
          }
        } else if (asked.length > 0) {
          const i = action.which % asked.length
          const call = asked[i]!
          if (action.do === 'give up') {
            controllers[i]!.abort(new Error('given up'))
            if (call.outcome === undefined) Object.assign(call, { outcome: 'given up', due: Infinity, tries: ['over', 'over'] })
          } else {
            const n = Number(action.second)
            if (call.tries[n] !== 'open') continue
            const one = made[i]!.tries[n]!
            call.tries[n] = 'over'
            const value: Json = `answer ${n}`
            if (action.do === 'answer') one.answer(value)
            else one.fail(action.do === 'fail' ? lost() : wrong())
            const ends = action.do !== 'fail' || call.tries[1 - n] !== 'open'
            const what = action.do === 'answer' ? value : action.do === 'fail' ? 'ERR_DISCONNECTED' : -32602
            if (ends) Object.assign(call, { outcome: what, due: Infinity, tries: ['over', 'over'] })
          }
        }
        await turn()
        expect(came).toEqual(asked.map((call) => call.outcome))
        expect(made.map(({ tries }) => tries.filter((one) => one.open).length)).toEqual(
          asked.map(({ tries }) => tries.filter((one) => one === 'open').length))
        expect(clock.timers).toBe(asked.filter(({ due }) => due < Infinity).length)
        expect(budget.balance).toBeCloseTo(balance / 10)
      }
    }),
    { numRuns: Number(process.env['RUNS'] ?? 100) },
  )
})
