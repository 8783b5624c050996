import type { Json } from '@rpc-steps/async-await'
import { FakeClock } from '@rpc-steps/session/testing'
import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { balanced, leastLoaded, powerOfTwo, retrying, roundRobin } from '../src/index.ts'
import type { Backend, Balanced, BalanceOptions, Picker } from '../src/index.ts'
import { full, lost, manual, outcome, scripted, turn, unavailable, wrong } from './support.ts'

/** Servers that answer with their names, unless they are in `broken`. */
function servers(names: string[], options: BalanceOptions = {}) {
  const broken = new Set<string>()
  const down = new Set<string>()
  const clock = new FakeClock()
  const call = balanced(
    names.map((name) => ({
      name,
      get up() {
        return !down.has(name)
      },
      async call(): Promise<Json> {
        if (broken.has(name)) throw lost()
        return name
      },
    })),
    { clock, random: () => 0.5, picker: roundRobin(), failures: 3, base: 1000, ...options },
  )
  const ask = async (times: number) => {
    const came: unknown[] = []
    for (let i = 0; i < times; i++) came.push(await outcome(call('x')))
    return came
  }
  return { call, ask, broken, down, clock }
}

const ejected = (call: Balanced) => call.backends.filter((one) => one.ejected).map(({ name }) => name)
const idle = (...loads: number[]): Backend[] => loads.map((inFlight, i) => ({ name: String(i), inFlight }))

describe('pickers', () => {
  it('round robin: in turn, also when some are left out for a while', () => {
    const picker = roundRobin()
    const [a, b, c] = idle(0, 0, 0) as [Backend, Backend, Backend]
    const names = [[a, b, c], [a, b, c], [a, c], [a, b, c], [b, c], [a, b, c]].map((some) => picker.pick(some).name)
    expect(names).toEqual(['0', '1', '2', '0', '1', '2'])
  })

  it('least loaded: of those with as few, any', () => {
    expect(leastLoaded(() => 0).pick(idle(3, 1, 1)).name).toBe('1')
    expect(leastLoaded(() => 0.99).pick(idle(3, 1, 1)).name).toBe('2')
  })

  it('power of two: never the same one twice, never the busier of two, and all have their turn', () => {
    const picked = Array.from({ length: 3000 }, () => powerOfTwo().pick(idle(9, 1, 1, 1)).name)
    expect(new Set(picked)).toEqual(new Set(['1', '2', '3']))
    const even = Array.from({ length: 4000 }, () => powerOfTwo().pick(idle(0, 0, 0, 0)).name)
    for (const name of ['0', '1', '2', '3']) expect(even.filter((one) => one === name).length).toBeGreaterThan(800)
    expect(powerOfTwo().pick(idle(5)).name).toBe('0')
  })
})

describe('who is asked', () => {
  it('nobody who is not up, as long as anybody is', async () => {
    const { ask, down } = servers(['a', 'b', 'c'])
    down.add('b')
    expect(await ask(4)).toEqual(['a', 'c', 'a', 'c'])
    down.add('a').add('c')
    expect(new Set(await ask(3))).toEqual(new Set(['a', 'b', 'c']))
  })

  it('whoever fails so many times in a row is passed over, for longer each time, and forgiven when it works', async () => {
    const { call, ask, broken, clock } = servers(['a', 'b', 'c'], { picker: leastLoaded(() => 0) })
    broken.add('a')
    await ask(3)
    expect(ejected(call)).toEqual(['a'])
    expect(new Set(await ask(9))).toEqual(new Set(['b']))
    // The random number of this test is a half: three quarters of the limit.
    clock.pass(749)
    expect(ejected(call)).toEqual(['a'])
    clock.pass(1)
    expect(ejected(call)).toEqual([])
    await ask(3)
    clock.pass(1499)
    expect(ejected(call)).toEqual(['a'])
    clock.pass(1)
    broken.clear()
    expect(await ask(3)).toEqual(['a', 'a', 'a'])
    broken.add('a')
    await ask(3)
    clock.pass(750)
    expect(ejected(call)).toEqual([])
  })

  it('if more than half of them fail, something else is wrong, and nobody else is ejected', async () => {
    const { call, ask, broken } = servers(['a', 'b', 'c', 'd'])
    for (const name of ['a', 'b', 'c', 'd']) broken.add(name)
    await ask(100)
    expect(ejected(call).length).toBe(2)
    const [one] = [servers(['only'])]
    one.broken.add('only')
    await one.ask(20)
    expect(ejected(one.call)).toEqual([])
  })

  it('when the others are not up, who is ejected is asked all the same', async () => {
    const { call, ask, broken, down } = servers(['a', 'b'], { picker: leastLoaded(() => 0) })
    broken.add('a')
    await ask(3)
    expect(ejected(call)).toEqual(['a'])
    down.add('b')
    broken.clear()
    expect(await ask(1)).toEqual(['a'])
  })

  it('a retry goes to another; when all were asked, to any', async () => {
    const asked: string[] = []
    const targets = ['a', 'b', 'c'].map((name) => ({
      name,
      async call(): Promise<Json> {
        asked.push(name)
        throw unavailable()
      },
    }))
    const clock = new FakeClock()
    const ended = outcome(retrying(balanced(targets, { picker: leastLoaded(() => 0), clock }), { clock, tries: 4 })('x'))
    for (let i = 0; i < 4; i++) {
      await turn()
      clock.pass(10_000)
    }
    expect(await ended).toBe(-32014)
    expect(asked).toEqual(['a', 'b', 'c', 'a'])
  })

  it('throws for no servers, and for shares and counts that are none', () => {
    const one = [{ name: 'a', call: scripted(1).call }]
    expect(() => balanced([])).toThrow(RangeError)
    expect(() => balanced(one, { most: 1 })).toThrow(RangeError)
    expect(() => balanced(one, { failures: 0 })).toThrow(RangeError)
  })
})

test('a picker hears once of each that it has picked: when it is answered, fails, or is given up', async () => {
  const heard: string[] = []
  const picker: Picker = { pick: ([first]) => first!, done: ({ name }, ms, ok) => heard.push(`${name} ${ms} ${ok}`) }
  const clock = new FakeClock()
  const { call, tries } = manual()
  const spread = balanced([{ name: 'a', call }], { picker, clock })
  const controller = new AbortController()
  const outcomes = [spread('x'), spread('x'), spread('x'), spread('x', undefined, { signal: controller.signal })].map(outcome)
  expect(spread.backends[0]!.inFlight).toBe(4)
  clock.pass(5)
  tries[0]!.answer(1)
  tries[1]!.fail(lost())
  tries[2]!.fail(wrong())
  controller.abort(new Error('enough'))
  await Promise.all(outcomes)
  expect(heard.sort()).toEqual(['a 5 false', 'a 5 false', 'a 5 true', 'a 5 true'])
  expect(spread.backends[0]!.inFlight).toBe(0)
})

type Action =
  | { do: 'call' }
  | { do: 'answer' | 'fail' | 'full'; which: number }
  | { do: 'up' | 'down'; which: number }
  | { do: 'pass'; ms: number }

test('in every order of calls, outcomes, servers that come and go, and time: the counts fit, and nobody is asked whom the rules pass over', async () => {
  const which = fc.nat()
  const actions: fc.Arbitrary<Action> = fc.oneof(
    { weight: 6, arbitrary: fc.constant<Action>({ do: 'call' }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('answer' as const, 'fail' as const, 'fail' as const, 'full' as const), which }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('up' as const, 'down' as const), which }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(100, 600, 2000) }) },
  )
  const play = async (count: number, picker: Picker, script: Action[]) => {
    const clock = new FakeClock()
    const names = Array.from({ length: count }, (_, i) => String(i))
    const up = names.map(() => true)
    const failures = names.map(() => 0)
    const until = names.map(() => 0)
    const all = names.map(() => manual())
    const open: { server: number; i: number }[] = []
    const spread = balanced(
      names.map((name, i) => ({
        name,
        get up() {
          return up[i]!
        },
        call: all[i]!.call,
      })),
      // With no chance and no growth: half of 1,000 ms, whatever happens.
      { picker, clock, failures: 2, base: 1000, cap: 1000, random: () => 0 },
    )
    const isOut = (i: number) => until[i]! > clock.now()
    for (const action of script) {
      if (action.do === 'pass') clock.pass(action.ms)
      else if (action.do === 'up' || action.do === 'down') up[action.which % count] = action.do === 'up'
      else if (action.do === 'call') {
        const before = all.map(({ tries }) => tries.length)
        void outcome(spread('x'))
        const server = all.findIndex(({ tries }, i) => tries.length > before[i]!)
        open.push({ server, i: before[server]! })
        if (up.some(Boolean)) expect(up[server]).toBe(true)
        const candidates = names.map((_, i) => i).filter((i) => up[i] || !up.some(Boolean))
        if (candidates.some((i) => !isOut(i))) expect(isOut(server)).toBe(false)
      } else if (open.length > 0) {
        const [{ server, i }] = open.splice(action.which % open.length, 1) as [{ server: number; i: number }]
        if (action.do === 'answer') {
          failures[server] = 0
          all[server]!.tries[i]!.answer(null)
        } else if (action.do === 'full') all[server]!.tries[i]!.fail(full())
        else {
          all[server]!.tries[i]!.fail(lost())
          const room = names.filter((_, i) => isOut(i)).length < Math.floor(count / 2)
          if (++failures[server]! >= 2 && !isOut(server) && room) [failures[server], until[server]] = [0, clock.now() + 500]
        }
      }
      await turn()
      expect(spread.backends.map(({ inFlight }) => inFlight)).toEqual(names.map((_, i) => open.filter(({ server }) => server === i).length))
      expect(spread.backends.map((one) => one.ejected)).toEqual(names.map((_, i) => isOut(i)))
    }
  }
  const pickers = fc.constantFrom(() => roundRobin(), () => leastLoaded(), () => powerOfTwo())
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), pickers, fc.array(actions, { maxLength: 80, size: 'max' }), (count, picker, script) =>
      play(count, picker(), script)),
    { numRuns: Number(process.env['RUNS'] ?? 100) },
  )
})
