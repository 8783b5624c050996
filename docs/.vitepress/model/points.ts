import type { Plan } from '../lab/plan.ts'
import { modelled } from './simulate.ts'
import type { Costs } from './simulate.ts'

/** The means of some calls, in milliseconds. */
export interface Parts {
  /** T_request beside the wait. */
  request: number
  /** What the server's processor did of that, as far as the step marks it in its trace. */
  run: number
  /** T_response. */
  response: number
  /** T_communication. */
  communication: number
}

/** A real run, measured. */
export interface Point {
  plan: Plan
  /** From the first call to the last answer, in milliseconds. */
  total: number
  /** Of each client's first call, which finds the code cold. */
  first: Parts
  /** Of all the others, if there are any. */
  others?: Parts
}

/**
 * The costs of a call, from the runs in which one client makes one call after another, in the first
 * step that does so and does not block: nothing but the call itself is in its time. The median, because some runs were disturbed. What
 * the trace does not mark as running (a timer that is late, a thread that has to be woken) keeps
 * nobody else from running: it counts as way.
 */
export function costsOf(points: readonly Point[]): Costs {
  const steady = modelled.find(({ model }) => model?.atOnce === 1 && !model.blocking)?.number
  const alone = points.flatMap(({ plan, first, others }) =>
    plan.step === steady && plan.clients === 1 && others ? [{ first, others }] : [],
  )
  const median = (part: (point: { first: Parts; others: Parts }) => number) =>
    hundredths(alone.map(part).sort((a, b) => a - b)[alone.length >> 1]!)
  const all = ({ request, response, communication }: Parts) => request + response + communication
  const request = median(({ others }) => others.run)
  const response = median(({ others }) => others.response)
  return {
    request,
    response,
    communication: hundredths(median(({ others }) => all(others)) - request - response),
    warmUp: median(({ first, others }) => all(first) - all(others)),
  }
}

/** To the hundredth of a millisecond; a trace knows no more of worth. */
export function hundredths(ms: number): number {
  return Math.round(ms * 100) / 100
}
