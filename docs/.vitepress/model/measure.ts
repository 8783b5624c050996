import { elapsed, spansOf, timesOf } from '@rpc-steps/trace'
import type { TraceEvent } from '@rpc-steps/trace'
import { waitsOf } from '../lab/plan.ts'
import type { Plan } from '../lab/plan.ts'
import { hundredths } from './points.ts'
import type { Parts, Point } from './points.ts'
import { modelled } from './simulate.ts'

/** Every run that is measured for the model. */
export const plans: readonly Plan[] = modelled.flatMap(({ number: step, model }) => {
  const { threads, atOnce, workers } = model!
  const some = (clients: number, counts: number[], latency: Plan['latency'], own?: Record<string, number>) =>
    counts.map((calls): Plan => ({ step, clients, calls, latency, ...own }))
  const limit = typeof atOnce === 'object' ? atOnce.option : undefined
  return [
    ...some(1, [1, 2, 4, 8, 16], 50),
    ...some(4, [1, 2, 4, 8], 50),
    ...some(1, [1, 2, 5, 10], 'pages'),
    ...(threads ? [2, 4].flatMap((n) => some(4, [1, 2, 4, 8], 50, { [threads]: n })) : []),
    ...(limit ? [2, 4].flatMap((n) => some(1, [1, 2, 4, 8, 16], 50, { [limit]: n })) : []),
    ...(workers ? [2, 4].flatMap((n) => some(1, [1, 2, 4, 8, 16], 50, { [workers.option]: n })) : []),
    ...(workers ? some(4, [1, 2, 4, 8], 50, { [workers.option]: 4 }) : []),
    ...(workers ? some(1, [1, 2, 5, 10], 'pages', { [workers.option]: 2 }) : []),
    ...(limit ? some(1, [1, 2, 5, 10], 'pages', { [limit]: 2 }) : []),
  ]
})

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
