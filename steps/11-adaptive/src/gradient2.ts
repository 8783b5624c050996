import { clamp, rangeOf } from './limit.ts'
import type { Limit, Range, Sample } from './limit.ts'
import { Rounds } from './rounds.ts'

/** How much slower than usual is still well. */
export interface Gradient2Options extends Range {
  /** The latency of now may be so many times the usual one. Default 1.5. */
  tolerance?: number
  /** Requests that may wait. Default 4. */
  waiting?: number
}

/** What the newest round counts for in the usual latency. */
const weight = 1 / 32
/** What of each wish is followed. */
const smoothing = 0.2

// #region gradient2
/**
 * Compares the latency of now with the usual one, a mean that remembers for longer: by how much it is
 * slower, by so much the limit shrinks. No least latency is needed, and none has to be forgotten; but
 * what lasts becomes usual. Netflix's concurrency-limits, Gradient2Limit. Throws RangeError.
 */
export class Gradient2 implements Limit {
  readonly #rounds = new Rounds()
  readonly #tolerance: number
  readonly #waiting: number
  readonly #most: number
  #limit: number
  #usualMs = 0

  constructor({ tolerance = 1.5, waiting = 4, ...range }: Gradient2Options = {}) {
    if (!(tolerance >= 1)) throw new RangeError(`tolerance must be 1 or more, not ${tolerance}`)
    if (!(waiting > 0)) throw new RangeError(`waiting must be more than 0, not ${waiting}`)
    const { initial, most } = rangeOf(range)
    this.#tolerance = tolerance
    this.#waiting = waiting
    this.#most = most
    this.#limit = initial
  }

  get current(): number {
    return Math.floor(this.#limit)
  }

  sample(sample: Sample): void {
    const round = this.#rounds.add(sample, this.current)
    if (!round) return
    const { meanMs, dropped, limiting } = round
    if (dropped || meanMs === undefined) {
      this.#limit = clamp(this.#limit * 0.9, this.#most)
      return
    }
    this.#usualMs = this.#usualMs === 0 ? meanMs : this.#usualMs + weight * (meanMs - this.#usualMs)
    // After a bad time it would take long until good is usual again.
    if (this.#usualMs > 2 * meanMs) this.#usualMs *= 0.95
    // Never less than half: one bad round is no reason to serve nobody.
    const gradient = Math.max(0.5, Math.min(1, (this.#tolerance * this.#usualMs) / meanMs))
    const wish = this.#limit * gradient + this.#waiting
    if (wish > this.#limit && !limiting) return
    this.#limit = clamp(this.#limit + smoothing * (wish - this.#limit), this.#most)
  }
}
// #endregion
