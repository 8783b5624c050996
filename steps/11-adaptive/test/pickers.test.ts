import { describe, expect, test } from 'vitest'
import { powerOfTwo, roundRobin } from '@rpc-steps/resilience'
import type { Backend, Picker } from '@rpc-steps/resilience'
import { Bandit, choose, PeakEwma, seeded } from '../src/index.ts'
import type { Fleet } from '../src/index.ts'
import { Time } from '../src/time.ts'

const learning = {
  'peak-EWMA': (time: Time, random: () => number) => new PeakEwma(time, { random }),
  'the bandit': (time: Time, random: () => number) => new Bandit(time, { random }),
} satisfies Record<string, (time: Time, random: () => number) => Picker>
const names = Object.keys(learning) as (keyof typeof learning)[]

/** Five servers; one of them takes ten times as long, from the fifth second to the fifteenth. */
const fleet = {
  servers: 5, workers: 20, serviceMs: 10, rate: 1000,
  slow: { fromMs: 5000, untilMs: 15_000, factor: 10 },
} satisfies Omit<Fleet, 'random' | 'durationMs'>
const run = (pickerFor: (time: Time) => Picker, seed: number, durationMs = 60_000) =>
  choose(pickerFor, { ...fleet, durationMs, random: seeded(seed) }, 5000)
/** While it is slow. */
const slowTime = (pickerFor: (time: Time) => Picker, seed: number) => run(pickerFor, seed, 15_000).slice(1)

describe.each(names)('%s', (name) => {
  test.each([1, 2, 3])('beats round robin at least twofold in p99 while one of five is ten times slower (seed %i)', (seed) => {
    const robin = slowTime(() => roundRobin(), seed)
    const two = slowTime(() => powerOfTwo(seeded(seed)), seed)
    const learned = slowTime((time) => learning[name](time, seeded(seed)), seed)
    expect(learned).toHaveLength(2)
    for (const [i, { p99Ms }] of learned.entries()) {
      expect(robin[i]!.p99Ms / p99Ms).toBeGreaterThan(2)
      expect(two[i]!.p99Ms / p99Ms).toBeGreaterThan(2)
    }
  })

  test('tries again who was slow, though nobody else has anything to do', () => {
    const time = new Time()
    const picker: Picker = learning[name](time, seeded(1))
    const [was, never] = [{ name: 'was slow', inFlight: 0 }, { name: 'never was', inFlight: 0 }]
    for (let i = 0; i < 100; i++) {
      picker.done!(was, 1000, true)
      picker.done!(never, 10, true)
    }
    let again = 0
    for (let i = 0; i < 1000; i++) {
      time.runUntil(time.now() + 1000)
      const backend = picker.pick([was, never])
      if (backend === was) again++
      picker.done!(backend, 10, true)
    }
    expect(again).toBeGreaterThan(200)
  })

  test('finds that the slow one is well again', () => {
    const choices = run((time) => learning[name](time, seeded(1)), 1)
    expect(choices.find(({ atMs }) => atMs === 15_000)!.share).toBeLessThan(0.02)
    expect(choices.at(-1)!.share).toBeGreaterThan(0.1)
  })

  test('while all are alike, each has its share', () => {
    const [first] = run((time) => learning[name](time, seeded(1)), 1, 5000)
    expect(first!.share).toBeGreaterThan(0.15)
    expect(first!.share).toBeLessThan(0.25)
  })

  test('does not prefer who fails, however quickly', () => {
    const time = new Time()
    const picker: Picker = learning[name](time, seeded(1))
    const [fails, works]: [Backend, Backend] = [{ name: 'fails', inFlight: 0 }, { name: 'works', inFlight: 0 }]
    let toFails = 0
    for (let i = 0; i < 1000; i++) {
      const backend = picker.pick([fails, works])
      if (backend === fails) toFails++
      time.runUntil(time.now() + (backend === fails ? 1 : 20))
      picker.done!(backend, backend === fails ? 1 : 20, backend !== fails)
    }
    expect(toFails).toBeLessThan(50)
  })

  test('of one there is it, and who has much to do is not given all', () => {
    const time = new Time()
    const picker: Picker = learning[name](time, seeded(1))
    const one = { name: 'one', inFlight: 0 }
    expect(picker.pick([one])).toBe(one)
    const [quick, idle] = [{ name: 'quick', inFlight: 0 }, { name: 'idle', inFlight: 0 }]
    for (let i = 0; i < 100; i++) {
      time.runUntil(time.now() + 10)
      picker.done!(quick, 10, true)
      picker.done!(idle, 15, true)
    }
    // Nobody has answered yet, and each has what was given to it.
    for (let i = 0; i < 1000; i++) (picker.pick([quick, idle]) as typeof quick).inFlight++
    expect(idle.inFlight).toBeGreaterThan(300)
  })
})

test('what is no memory is an error that says so', () => {
  expect(() => new PeakEwma(new Time(), { decayMs: 0 })).toThrow(/decayMs/)
  expect(() => new Bandit(new Time(), { halfLifeMs: NaN })).toThrow(/halfLifeMs/)
})
