import { elapsed, spansOf, timesOf } from '@rpc-steps/trace'
import type { TraceEvent } from '@rpc-steps/trace'
import { steps } from '../.vitepress/course.ts'
import { waitsOf } from '../lab/plan.ts'
import type { Plan } from '../lab/plan.ts'
import { hundredths } from './points.ts'
import type { Parts, Point } from './points.ts'

const inAll = (clients: number, counts: number[], latency: Plan['latency']) =>
  steps.flatMap(({ number: step }) =>
    counts.map((calls): Plan => ({ step, clients, calls, latency })),
  )

/** Every run that is measured for the model. */
export const plans: readonly Plan[] = [
  ...inAll(1, [1, 2, 4, 8, 16], 50),
  ...inAll(4, [1, 2, 4, 8], 50),
  ...inAll(1, [1, 2, 5, 10], 'pages'),
  ...[2, 4].flatMap((threads) =>
    [1, 2, 4, 8].map((calls): Plan => ({ step: '01', clients: 4, calls, latency: 50, threads })),
  ),
  ...[2, 4].flatMap((limit) =>
    [1, 2, 4, 8, 16].map((calls): Plan => ({ step: '05', clients: 1, calls, latency: 50, limit })),
  ),
  ...[1, 2, 5, 10].map(
    (calls): Plan => ({ step: '05', clients: 1, calls, latency: 'pages', limit: 2 }),
  ),
]

/** What the tidy trace of a run says. */
export function measure(plan: Plan, events: readonly TraceEvent[]): Point {
  const spans = spansOf(events)
  const waits = Array.from({ length: plan.clients }, (_, client) => waitsOf(plan, client))
  const calls = timesOf(events).map((call) => {
    const [client = 1, number = 1] = call.id.split(':').map(Number)
    const run = spans
      .filter(({ cat, id, pid }) => cat === 'run' && id === call.id && pid > plan.clients)
      .reduce((sum, { start, end }) => sum + (end - start) / 1000, 0)
    const request = call.request - waits[client - 1]![number - 1]!
    return { ...call, request, run, isFirst: number === 1 }
  })
  const others = calls.filter(({ isFirst }) => !isFirst)
  return {
    plan,
    total: hundredths(elapsed(calls)),
    first: means(calls.filter(({ isFirst }) => isFirst)),
    ...(others.length > 0 && { others: means(others) }),
  }
}

function means(calls: readonly Parts[]): Parts {
  const of = (part: keyof Parts) =>
    hundredths(calls.reduce((sum, call) => sum + call[part], 0) / calls.length)
  return {
    request: of('request'),
    run: of('run'),
    response: of('response'),
    communication: of('communication'),
  }
}
