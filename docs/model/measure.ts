import type { ModelInfo } from '@rpc-steps/course'
import { elapsed, spansOf, timesOf } from '@rpc-steps/trace'
import type { TraceEvent } from '@rpc-steps/trace'
import { waitsOf } from '../lab/plan.ts'
import type { Plan } from '../lab/plan.ts'
import { hundredths } from './points.ts'
import type { Parts, Point } from './points.ts'
import { modelled } from './simulate.ts'

const inAll = (clients: number, counts: number[], latency: Plan['latency']) =>
  modelled.flatMap(({ number: step }) =>
    counts.map((calls): Plan => ({ step, clients, calls, latency })),
  )
/** Plans that set an option of a step, where it has such a one. */
const withOption = (
  optionOf: (model: ModelInfo) => string | undefined,
  values: number[],
  clients: number,
  counts: number[],
  latency: Plan['latency'],
) =>
  modelled.flatMap(({ number: step, model }) => {
    const option = optionOf(model!)
    if (option === undefined) return []
    return values.flatMap((value) =>
      counts.map((calls): Plan => ({ step, clients, calls, latency, [option]: value })),
    )
  })
const threads = ({ threads }: ModelInfo) => threads
const limit = ({ atOnce }: ModelInfo) => (typeof atOnce === 'object' ? atOnce.option : undefined)

/** Every run that is measured for the model. */
export const plans: readonly Plan[] = [
  ...inAll(1, [1, 2, 4, 8, 16], 50),
  ...inAll(4, [1, 2, 4, 8], 50),
  ...inAll(1, [1, 2, 5, 10], 'pages'),
  ...withOption(threads, [2, 4], 4, [1, 2, 4, 8], 50),
  ...withOption(limit, [2, 4], 1, [1, 2, 4, 8, 16], 50),
  ...withOption(limit, [2], 1, [1, 2, 5, 10], 'pages'),
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
