import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { elapsed, readTrace, timesOf } from '@rpc-steps/trace'
import { waitsOf } from '../lab/plan.ts'
import type { Plan } from '../lab/plan.ts'
import { measure, plans } from '../model/measure.ts'
import { costsOf } from '../model/points.ts'
import { predict } from '../model/predict.ts'
import { modelled, simulate, totalOf } from '../model/simulate.ts'
import type { Costs } from '../model/simulate.ts'
import { agree } from '../model/tolerance.ts'
import { record, scenes } from '../record/scenes.ts'
import { broken, order, shapeOf } from '../record/shape.ts'
import { recordingOf } from '../course.ts'
import { textOf } from '../source.ts'
import { points } from '../theme/model/measured.ts'
import { apart } from '../theme/model/places.ts'
import { firstSetting, fits, planOf, queryOf, ranges, readSetting } from '../theme/model/setting.ts'
import type { Setting } from '../theme/model/setting.ts'

const costs = costsOf(points)
const free: Costs = { request: 0, response: 0, communication: 0, warmUp: 0 }

const somePlan = fc
  .record({
    step: fc.constantFrom('01', '02', '03', '04', '05', '06'),
    clients: fc.integer({ min: 1, max: 6 }),
    calls: fc.integer({ min: 1, max: 12 }),
    latency: fc.oneof(fc.constant('pages' as const), fc.integer({ min: 0, max: 200 })),
    own: fc.integer({ min: 1, max: 8 }),
  })
  .map(
    ({ step, own, ...plan }): Plan => ({
      step,
      ...plan,
      ...(step === '01' && { threads: own - 1 }),
      ...(step === '05' && { limit: own }),
      ...(step === '06' && { workers: own }),
    }),
  )
const someCosts = fc.record({
  request: fc.double({ min: 0, max: 30, noNaN: true }),
  response: fc.double({ min: 0, max: 30, noNaN: true }),
  communication: fc.double({ min: 0, max: 100, noNaN: true }),
  warmUp: fc.double({ min: 0, max: 10, noNaN: true }),
})

describe('the formula', () => {
  test.each<[string, number, Partial<Plan>]>([
    ['the sum', 1030, { step: '01' }],
    ['the longest', 300, { step: '02' }],
    ['2 at a time', 550, { step: '05', limit: 2 }],
    ['8 × 50 ms', 400, { step: '04', calls: 8, latency: 50 }],
    ['one wait', 50, { step: '03', calls: 8, latency: 50, clients: 3 }],
    ['⌈8 / 3⌉ × 50 ms', 150, { step: '05', calls: 8, latency: 50, limit: 3 }],
    ['3 × 8 × 50 ms', 1200, { step: '01', calls: 8, latency: 50, clients: 3 }],
    ['⌈3 / 2⌉ × 8 × 50 ms', 800, { step: '01', calls: 8, latency: 50, clients: 3, threads: 2 }],
    ['the sum, 1 client at a time', 1030, { step: '01', clients: 5, calls: 1 }],
    ['the longest', 300, { step: '04', clients: 5, calls: 1 }],
    ['⌈9 / 2⌉ × 50 ms', 250, { step: '06', calls: 3, latency: 50, clients: 3, workers: 2 }],
    ['one wait', 50, { step: '06', calls: 4, latency: 50, clients: 4 }],
    ['⌈17 / 16⌉ × 50 ms', 100, { step: '06', calls: 17, latency: 50 }],
    ['2 at a time', 550, { step: '06', workers: 2 }],
  ])('%s: %i ms', (words, ms, plan) => {
    expect(predict({ step: '01', clients: 1, calls: 5, latency: 'pages', ...plan })).toEqual({ words, ms })
  })

  test('is what the simulation says when nothing but waiting takes time', () => {
    fc.assert(
      fc.property(somePlan, (plan) => {
        expect(totalOf(plan, free)).toBeCloseTo(predict(plan).ms, 6)
      }),
    )
  })
})

describe('the simulation', () => {
  test('has no more at work than there are workers, and what waits for one is T_queue', () => {
    const plan: Plan = { step: '06', clients: 1, calls: 5, latency: 100, workers: 2 }
    const times = timesOf(simulate(plan, free))
    expect(times.map(({ queue }) => queue)).toEqual([0, 0, 100, 100, 200])
    for (const { request } of times) expect(request).toBe(100)
  })

  test('never takes less than the longest wait, the formula, or the work of one thread', () => {
    fc.assert(
      fc.property(somePlan, someCosts, (plan, some) => {
        const { clients, calls } = plan
        const waits = Array.from({ length: clients }, (_, client) => waitsOf(plan, client)).flat()
        const total = totalOf(plan, some) + 1e-6
        expect(total).toBeGreaterThanOrEqual(
          Math.max(...waits) + some.request + some.response + some.communication + some.warmUp,
        )
        expect(total).toBeGreaterThanOrEqual(predict(plan).ms)
        expect(total).toBeGreaterThanOrEqual(calls * some.response)
        if (plan.step !== '01') expect(total).toBeGreaterThanOrEqual(clients * calls * some.request)
      }),
    )
  })

  test('is not slower when calls take the same time and there are more threads, workers, or in flight', () => {
    const even = somePlan.filter(({ step, latency }) => /01|05|06/.test(step) && latency !== 'pages')
    fc.assert(
      fc.property(even, (plan) => {
        const more = {
          ...plan,
          ...('threads' in plan && { threads: Number(plan['threads']) + 1 }),
          ...('limit' in plan && { limit: Number(plan['limit']) + 1 }),
          ...('workers' in plan && { workers: Number(plan['workers']) + 1 }),
        }
        expect(totalOf(more, free)).toBeLessThanOrEqual(totalOf(plan, free) + 1e-6)
      }),
    )
  })

  test('leaves a trace whose calls take as long as the total, and have no part below 0', () => {
    fc.assert(
      fc.property(somePlan, someCosts, (plan, some) => {
        const times = timesOf(simulate(plan, some))
        expect(times).toHaveLength(plan.clients * plan.calls)
        // A trace is in whole microseconds.
        expect(elapsed(times)).toBeCloseTo(totalOf(plan, some), 2)
        for (const { request, response, communication, queue } of times) {
          expect(Math.min(request, response, communication, queue)).toBeGreaterThan(-0.01)
        }
      }),
    )
  })

  test('opens and closes every span, in order of time', () => {
    fc.assert(
      fc.property(somePlan, someCosts, (plan, some) => {
        const events = simulate(plan, some)
        const open = new Map<string, number>()
        let last = 0
        for (const { ph, ts, pid, tid, cat, id } of events) {
          expect(ts).toBeGreaterThanOrEqual(last)
          last = ts
          if (!/[bBeE]/.test(ph)) continue
          const lane = /[BE]/.test(ph) ? `${pid}/${tid}` : `${pid}/${cat}/${id}`
          open.set(lane, (open.get(lane) ?? 0) + (/[bB]/.test(ph) ? 1 : -1))
          expect(open.get(lane)).toBeGreaterThanOrEqual(0)
        }
        expect([...open.values()].every((n) => n === 0)).toBe(true)
      }),
    )
  })

  test('lets calls in hand wait for a processor, and unread ones in the kernel', () => {
    const plan: Plan = { step: '05', clients: 1, calls: 8, latency: 50 }
    const busy = { ...free, request: 20 }
    expect(totalOf(plan, busy)).toBeCloseTo(50 + 8 * 20, 6)
    const times = timesOf(simulate(plan, busy))
    expect(times.map(({ request }) => Math.round(request))).toEqual([
      70, 90, 110, 130, 150, 170, 190, 210,
    ])
    const inLine = timesOf(simulate({ step: '01', clients: 3, calls: 1, latency: 50 }, free))
    expect(inLine.map(({ communication }) => Math.round(communication))).toEqual([0, 50, 100])
    // Nobody keeps these in a queue, so nobody writes down a time in one.
    expect([...times, ...inLine].every(({ queue }) => queue === 0)).toBe(true)
  })

  const known = Object.entries(scenes).filter(([, { step }]) => modelled.some(({ number }) => number === step))
  test.each(known)('does what was recorded: %s', (name, plan) => {
    const trace = readTrace(textOf(recordingOf(`${name}.json`)))
    const simulated = simulate(plan, costs)
    expect(shapeOf(simulated)).toEqual(shapeOf(trace))
    if (plan.clients > 1) return
    expect(broken(order(trace), simulated)).toEqual([])
    expect(broken(order(simulated), trace)).toEqual([])
  })
})

describe('the recorded runs', () => {
  test('are those that the model asks for', () => {
    expect(points.map(({ plan }) => plan)).toEqual(plans)
  })

  test('are what the simulation says', () => {
    const off = points
      .map(({ plan, total }) => ({ plan, total, simulated: totalOf(plan, costs) }))
      .filter(({ total, simulated }) => !agree(total, simulated))
    expect(off).toEqual([])
  })

  test('give the costs of a call', () => {
    for (const cost of Object.values(costs)) expect(cost).toBeGreaterThan(0)
    expect(costs.request + costs.response + costs.communication).toBeLessThan(10)
  })
})

describe('a real run now', () => {
  // Long waits, so that a busy machine does not matter much.
  const settings: Plan[] = [
    { step: '01', clients: 1, calls: 4, latency: 200 },
    { step: '01', clients: 2, calls: 2, latency: 400 },
    { step: '01', clients: 2, calls: 2, latency: 400, threads: 2 },
    { step: '02', clients: 1, calls: 4, latency: 200 },
    { step: '02', clients: 2, calls: 2, latency: 400 },
    { step: '03', clients: 1, calls: 4, latency: 200 },
    { step: '03', clients: 2, calls: 2, latency: 400 },
    { step: '04', clients: 1, calls: 4, latency: 200 },
    { step: '04', clients: 2, calls: 2, latency: 400 },
    { step: '05', clients: 1, calls: 4, latency: 200, limit: 3 },
    { step: '05', clients: 2, calls: 2, latency: 400 },
    { step: '06', clients: 1, calls: 4, latency: 200, workers: 3 },
    { step: '06', clients: 2, calls: 2, latency: 400, workers: 1 },
  ]
  // Steps 01 and 03 need POSIX sockets.
  const here = settings.filter(({ step }) => process.platform !== 'win32' || !/0[13]/.test(step))

  /** The other settings with as many calls, which a step that waits in another way takes. */
  const others = (plan: Plan) =>
    settings.filter(
      (other) =>
        other.clients === plan.clients &&
        other.calls === plan.calls &&
        predict(other).ms !== predict(plan).ms,
    )

  test.each(here)('takes what was simulated: $step, $clients × $calls', async (plan) => {
    const simulated = totalOf(plan, costs)
    // Other programs can only make a run longer. So one of ten has to be right.
    const totals: number[] = []
    while (totals.length < 10 && !totals.some((total) => agree(total, simulated))) {
      totals.push(measure(plan, await record(plan)).total)
    }
    const total = totals.find((total) => agree(total, simulated))
    const told = `simulated ${simulated.toFixed(0)} ms, measured ${totals.join(', ')} ms`
    expect(total, told).toBeDefined()
    expect(others(plan).length).toBeGreaterThan(0)
    for (const other of others(plan)) {
      expect(agree(total!, totalOf(other, costs)), `passes for step ${other.step}`).toBe(false)
    }
  })
})

describe('a setting', () => {
  const first = firstSetting(costs)

  test('is kept in the address, and read back', () => {
    const some = fc.record<Setting>({
      step: fc.constantFrom('01', '02', '03', '04', '05', '06'),
      calls: fc.integer({ min: 1, max: 50 }),
      clients: fc.integer({ min: 1, max: 10 }),
      latency: fc.oneof(fc.constant('pages' as const), fc.integer({ min: 0, max: 1000 })),
      threads: fc.integer({ min: 1, max: 10 }),
      limit: fc.integer({ min: 1, max: 50 }),
      workers: fc.integer({ min: 1, max: 50 }),
      request: fc.integer({ min: 0, max: 500 }).map((n) => n / 10),
      communication: fc.integer({ min: 0, max: 2000 }).map((n) => n / 10),
    })
    fc.assert(
      fc.property(some, (setting) => {
        expect(readSetting(queryOf(setting, first), first)).toEqual(setting)
      }),
    )
    expect(queryOf(first, first)).toBe('')
  })

  test('takes nothing else from an address', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('step', 'latency', ...Object.keys(ranges)), fc.string()),
        (given) => {
          const setting = readSetting(`?${new URLSearchParams(given)}`, first)
          for (const [name, [least, most]] of Object.entries(ranges)) {
            const n = setting[name as keyof typeof ranges]
            if (n !== 'pages') expect(n >= least && n <= most).toBe(true)
          }
        },
      ),
    )
  })

  test('knows which runs belong to it', () => {
    const pointsOf = (setting: Setting) => points.filter(({ plan }) => fits(plan, setting)).length
    expect(pointsOf(first)).toBeGreaterThanOrEqual(25)
    expect(pointsOf({ ...first, latency: 60 })).toBe(0)
    expect(fits(planOf(first, '05'), { ...first, limit: 8 })).toBe(true)
    expect(fits(planOf(first, '05'), { ...first, limit: 7 })).toBe(false)
    expect(fits({ ...planOf(first, '01'), threads: 1 }, first)).toBe(true)
    expect(fits({ ...planOf(first, '01'), threads: 2 }, first)).toBe(false)
  })
})

test('labels are moved apart, stay in order, and stay on the chart', () => {
  const labels = fc.array(
    fc.record({ at: fc.double({ min: 0, max: 300, noNaN: true }), height: fc.integer({ min: 10, max: 40 }) }),
    { minLength: 1, maxLength: 5 },
  )
  fc.assert(
    fc.property(labels, (list) => {
      const middles = apart(list, 300)
      const placed = list.map((label, i) => ({ ...label, middle: middles[i]! })).sort((a, b) => a.middle - b.middle)
      let free = 0
      for (const { middle, height } of placed) {
        expect(middle - height / 2).toBeGreaterThanOrEqual(free - 1e-6)
        free = middle + height / 2
      }
      expect(free).toBeLessThanOrEqual(300 + 1e-6)
    }),
  )
})
