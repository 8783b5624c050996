import { Context } from '@rpc-steps/async-await'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { queued } from './queued.ts'

/** What is to be simulated. */
export interface Load {
  workers: number
  capacity: number
  /** What comes, as a part of what the workers can do. */
  utilisation: number
  /** Milliseconds that a request takes, in the mean. */
  serviceMs: number
  requests: number
  seed: number
}

/** What came of it: milliseconds of waiting, in the mean, of those that were accepted; and the part that was not. */
export interface Waited {
  waitMs: number
  refused: number
}

// #region simulate
/**
 * Requests that come by chance (Poisson) and take by chance (exponential), for the queue as it is:
 * only the time is made up, so an hour takes a second and comes out the same each time.
 */
export async function simulate({ workers, capacity, utilisation, serviceMs, requests, seed }: Load): Promise<Waited> {
  const source = xoroshiro128plus(seed)
  const chance = (mean: number) => -mean * Math.log(1 - uniformFloat64(source))
  const time = new Time()
  let [waited, begun, refused] = [0, 0, 0]

  const work = (came: number) => {
    waited += time.now() - came
    begun++
    return new Promise<null>((resolve) => time.after(chance(serviceMs), () => resolve(null)))
  }
  const queue = queued(({ params }) => work((params as [number])[0]), { workers, capacity, clock: time })

  const between = serviceMs / (workers * utilisation)
  const come = () => {
    if (begun + queue.places.queued + refused >= requests) return
    try {
      void queue({ jsonrpc: '2.0', method: 'work', params: [time.now()] }, new Context())
    } catch {
      refused++
    }
    time.after(chance(between), come)
  }
  come()
  while (time.step()) await microtasks()
  return { waitMs: waited / begun, refused: refused / requests }
}
// #endregion

/** Resolves when no promise is left that can be settled: a tick comes after all of them. */
const microtasks = () => new Promise<void>((resolve) => process.nextTick(resolve))

/** Time that jumps from one event to the next. */
class Time {
  #now = 0
  /** What is to come, the earliest last. There is one event for each worker, and one for who comes next. */
  readonly #events: { at: number; job: () => void }[] = []

  now(): number {
    return this.#now
  }

  after(ms: number, job: () => void): () => void {
    const event = { at: this.#now + ms, job }
    const before = this.#events.findLastIndex(({ at }) => at > event.at)
    this.#events.splice(before + 1, 0, event)
    return () => this.#events.splice(this.#events.indexOf(event), 1)
  }

  /** False when nothing is to come. */
  step(): boolean {
    const next = this.#events.pop()
    if (!next) return false
    this.#now = next.at
    next.job()
    return true
  }
}
