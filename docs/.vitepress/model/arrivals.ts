// By its place: the page needs the formula alone, and not all that its package has.
import { erlangWait } from '../../../steps/06-task-queue/src/erlang.ts'

/** Requests that come by chance, and who works on them. */
export interface Arrivals {
  /** Requests a second, in the mean. */
  rate: number
  workers: number
  /** How long a worker needs for one, in milliseconds, in the mean. */
  serviceMs: number
}

/** What the sliders can be set to: least, most, step. */
export const ranges = {
  rate: [5, 1000, 5],
  workers: [1, 16, 1],
  serviceMs: [1, 100, 1],
} as const

/** What comes of it in the mean. All but the first are without end where more comes than can be done. */
export interface Outcome {
  /** What comes, as a part of what the workers can do. */
  utilisation: number
  /** T_queue in milliseconds, as Erlang C has it. */
  queue: number
  /** T_queue and the work, in milliseconds. */
  total: number
  /** Requests that stand in the queue: by Little's law as many as come while one of them waits. */
  waiting: number
}

/** How many requests a second the workers can do. */
export function capacityOf({ workers, serviceMs }: Arrivals): number {
  return (workers * 1000) / serviceMs
}

/** What comes of these arrivals, in the mean. J. D. C. Little, "A Proof for the Queuing Formula L = λW", 1961. */
export function outcomeOf(arrivals: Arrivals): Outcome {
  const { rate, workers, serviceMs } = arrivals
  const utilisation = rate / capacityOf(arrivals)
  const queue = erlangWait(workers, utilisation, serviceMs)
  return { utilisation, queue, total: queue + serviceMs, waiting: (rate * queue) / 1000 }
}

/** T_queue against the rate, as far as both are below these bounds: pairs of rate and milliseconds. */
export function curveOf(arrivals: Arrivals, mostRate: number, mostMs: number): [number, number][] {
  const end = Math.min(mostRate, capacityOf(arrivals))
  const steps = 400
  return Array.from({ length: steps }, (_, i): [number, number] => {
    const rate = (end * i) / steps
    return [rate, outcomeOf({ ...arrivals, rate }).queue]
  }).filter(([, ms]) => ms <= mostMs)
}
