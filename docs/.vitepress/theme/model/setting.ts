import { bounds } from '../../lab/plan.ts'
import type { Plan } from '../../lab/plan.ts'
import { atOnce, isModelled, modelled, modelOf, threadsOf, totalOf, workersOf } from '../../model/simulate.ts'
import type { Costs } from '../../model/simulate.ts'

/** What the reader has set. A limit as high as the most calls is no limit. */
export interface Setting {
  step: string
  calls: number
  clients: number
  latency: Plan['latency']
  threads: number
  limit: number
  workers: number
  /** Milliseconds, as in Costs. */
  request: number
  communication: number
}

/** The first step in which one can say how many calls are in flight: there is most to set. */
const limited = modelled.find(({ model }) => typeof model?.atOnce === 'object')

/** Workers of the first step that has some, if nobody says how many. */
const usualWorkers = modelled.find(({ model }) => model?.workers)?.model?.workers?.usual ?? 1

/** The setting that one finds, with the costs that were measured, as fine as a slider goes. */
export function firstSetting({ request, communication }: Costs): Setting {
  const tenth = (ms: number) => Math.round(ms * 10) / 10
  return {
    step: limited?.number ?? modelled[0]!.number,
    calls: 8,
    clients: 1,
    latency: 50,
    threads: 1,
    limit: ranges.limit[1],
    workers: usualWorkers,
    request: tenth(request),
    communication: tenth(communication),
  }
}

/** What a slider can be set to. */
export const ranges = {
  calls: [...bounds.calls, 1],
  clients: [...bounds.clients, 1],
  latency: [...bounds.latency, 10],
  threads: [1, 10, 1],
  limit: [1, 50, 1],
  workers: [1, 50, 1],
  request: [0, 50, 0.1],
  communication: [0, 200, 0.1],
} as const

/** Reads an address's query such as `?calls=8&limit=2`; what it lacks or has wrong is as at first. */
export function readSetting(query: string, first: Setting): Setting {
  const given = new URLSearchParams(query)
  const setting = { ...first }
  for (const [name, [least, most]] of Object.entries(ranges)) {
    const n = Number(given.get(name) ?? NaN)
    if (least <= n && n <= most) setting[name as keyof typeof ranges] = n
  }
  if (given.get('latency') === 'pages') setting.latency = 'pages'
  const step = given.get('step')
  if (modelled.some(({ number }) => number === step)) setting.step = step!
  return setting
}

/** The query that leads back to a setting; empty for the first. */
export function queryOf(setting: Setting, first: Setting): string {
  const changed = Object.entries(setting).filter(
    ([name, value]) => value !== first[name as keyof Setting],
  )
  return changed.length > 0
    ? `?${changed.map(([name, value]) => `${name}=${value}`).join('&')}`
    : ''
}

/** What a step is asked to do under a setting. */
export function planOf(
  { clients, calls, latency, threads, limit, workers }: Setting,
  step: string,
  n = calls,
): Plan {
  const plan: Plan = { step, clients, calls: n, latency }
  const { threads: pool, atOnce, workers: places } = modelOf(plan)
  if (pool !== undefined && threads > 1) plan[pool] = threads
  if (typeof atOnce === 'object' && limit < ranges.limit[1]) plan[atOnce.option] = limit
  if (places && workers !== places.usual) plan[places.option] = workers
  return plan
}

/** Whether a plan does what its step does under the setting, with however many calls; no plan of a step that the model does not know. */
export function fits(plan: Plan, setting: Setting): boolean {
  if (!isModelled(plan)) return false
  const same = planOf(setting, plan.step, plan.calls)
  return (
    plan.clients === same.clients &&
    plan.latency === same.latency &&
    threadsOf(plan) === threadsOf(same) &&
    Math.min(workersOf(plan), plan.clients * plan.calls) === Math.min(workersOf(same), plan.clients * plan.calls) &&
    Math.min(atOnce(plan), plan.calls) === Math.min(atOnce(same), plan.calls)
  )
}

/** One line of the chart: steps that take the same time share it. */
export interface Curve {
  steps: string[]
  /** The total for each number of calls, from one call on. */
  totals: number[]
}

/** The totals of all steps, up to so many calls by each client. */
export function curvesOf(setting: Setting, costs: Costs, most: number): Curve[] {
  const curves: Curve[] = []
  for (const { number } of modelled) {
    const totals = totalsOf(planOf(setting, number, most), costs)
    const same = curves.find((curve) => curve.totals.every((t, i) => Math.abs(t - totals[i]!) < 0.01))
    if (same) same.steps.push(number)
    else curves.push({ steps: [number], totals })
  }
  return curves
}

const known = new Map<string, number[]>()

/**
 * The totals of a plan, from one call by each client up to its own number. They are kept, since a
 * slider that turns one step leaves the others as they are, and some steps do the same.
 */
function totalsOf(plan: Plan, costs: Costs): number[] {
  const { clients, calls, latency } = plan
  const { blocking = false } = modelOf(plan)
  const limit = Math.min(atOnce(plan), calls)
  const places = Math.min(workersOf(plan), clients * calls)
  const key = JSON.stringify([blocking, limit, threadsOf(plan), places, clients, calls, latency, costs])
  const totals =
    known.get(key) ??
    Array.from({ length: calls }, (_, i) => totalOf({ ...plan, calls: i + 1 }, costs))
  if (known.size >= 100) known.clear()
  known.set(key, totals)
  return totals
}

/** The costs under a setting. */
export function costsUnder({ request, communication }: Setting, costs: Costs): Costs {
  return { ...costs, request, communication }
}

/** Calls that the chart has room for: all that a client may make, or the first twenty. */
export function callsShown({ calls }: Setting): number {
  return calls > 20 ? bounds.calls[1] : 20
}
