import type { Clock } from '@rpc-steps/async-await'
import { clamp, rangeOf } from './limit.ts'
import type { Limit, Range, Sample } from './limit.ts'

/** When AIMD goes back, and how far. */
export interface AimdOptions extends Range {
  /** Milliseconds above which a request counts as dropped: this limit must be told what too slow is. */
  tooLongMs: number
  /** What it is multiplied by then. Default 0.9. */
  backoff?: number
}

// #region aimd
/**
 * Additive increase, multiplicative decrease: one more for each round trip that went well, a tenth less
 * for one that did not. V. Jacobson, "Congestion avoidance and control", 1988; RFC 5681, section 3.1.
 * Throws RangeError.
 */
export class Aimd implements Limit {
  readonly #clock: Clock
  readonly #tooLongMs: number
  readonly #backoff: number
  readonly #most: number
  #limit: number
  #cutAt = -Infinity

  constructor(clock: Clock, { tooLongMs, backoff = 0.9, ...range }: AimdOptions) {
    if (!(tooLongMs > 0)) throw new RangeError(`tooLongMs must be more than 0 ms, not ${tooLongMs}`)
    if (!(backoff > 0 && backoff < 1)) throw new RangeError(`backoff must be between 0 and 1, not ${backoff}`)
    const { initial, most } = rangeOf(range)
    this.#clock = clock
    this.#tooLongMs = tooLongMs
    this.#backoff = backoff
    this.#most = most
    this.#limit = initial
  }

  get current(): number {
    return Math.floor(this.#limit)
  }

  sample({ rttMs, inFlight, outcome }: Sample): void {
    if (outcome === 'dropped' || rttMs > this.#tooLongMs) {
      const now = this.#clock.now()
      // What was let in before the cut tells of the time before it: twenty that fail together are one reason.
      if (now - rttMs < this.#cutAt) return
      this.#cutAt = now
      this.#limit = clamp(this.#limit * this.#backoff, this.#most)
    } else if (inFlight >= 0.9 * this.current) {
      // A round trip has as many samples as there are places, and together they add one.
      this.#limit = clamp(this.#limit + 1 / this.#limit, this.#most)
    }
  }
}
// #endregion
