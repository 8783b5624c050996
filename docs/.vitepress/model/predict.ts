import { makespan } from '@rpc-steps/trace/times'
import { waitsOf } from '../lab/plan.ts'
import type { Plan } from '../lab/plan.ts'
import { atOnce, isModelled, modelOf, threadsOf, workersOf } from './simulate.ts'

/** A step's formula for a plan: waiting alone, all else free. */
export interface Prediction {
  /** The formula, with its numbers. */
  words: string
  /** Milliseconds. */
  ms: number
}

/** How long a plan takes when nothing but waiting takes time. */
export function predict(plan: Plan): Prediction {
  const { clients, calls, latency } = plan
  const waits = Array.from({ length: clients }, (_, client) => waitsOf(plan, client))
  const all = clients * calls
  const workers = Math.min(workersOf(plan), all)
  // Where the server has a queue, it does not matter whose the requests are.
  if (modelOf(plan).workers) {
    const ms = makespan(waits.flat(), workers)
    if (latency === 'pages') return { ms, words: workers < all ? `${workers} at a time` : 'the longest' }
    return { ms, words: workers < all ? `⌈${all} / ${workers}⌉ × ${latency} ms` : 'one wait' }
  }
  const abreast = Math.min(atOnce(plan), calls)
  const each = waits.map((list) => makespan(list, abreast))
  // A thread that blocks is kept for a client until it leaves; in others no client waits for another.
  const threads = modelOf(plan).blocking ? Math.min(threadsOf(plan), clients) : clients
  const ms = makespan(each, threads)

  const rounds = Math.ceil(clients / threads)
  if (latency === 'pages') {
    const allAtOnce = abreast === calls && rounds === 1
    const one = allAtOnce ? 'the longest' : abreast === 1 ? 'the sum' : `${abreast} at a time`
    const line = `, ${threads} client${threads > 1 ? 's' : ''} at a time`
    return { ms, words: one + (rounds > 1 ? line : clients > 1 && !allAtOnce ? ', slowest client' : '') }
  }
  const factors = [
    ...(rounds > 1 ? [threads > 1 ? `⌈${clients} / ${threads}⌉` : `${clients}`] : []),
    ...(abreast === 1 ? [`${calls}`] : abreast < calls ? [`⌈${calls} / ${abreast}⌉`] : []),
    `${latency} ms`,
  ]
  return { ms, words: factors.length > 1 ? factors.join(' × ') : 'one wait' }
}

/** The same, unless the model does not know the step. */
export function predictIfKnown(plan: Plan): Prediction | undefined {
  return isModelled(plan) ? predict(plan) : undefined
}
