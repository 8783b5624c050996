import { clamp, rangeOf } from './limit.ts'
import type { Limit, Range, Sample } from './limit.ts'
import { Rounds } from './rounds.ts'
import type { Round } from './rounds.ts'

/** How long Vegas believes what it has measured. */
export interface VegasOptions extends Range {
  /** Rounds after which the least latency is measured anew. Default 40. */
  memory?: number
}

/** Rounds between two measurements at least, however much latency changes. */
const pause = 4
/** What of each wish is followed. */
const smoothing = 0.5

// #region vegas
/**
 * Knows how long a request takes when none waits, and takes what is above that for waiting. Of `n` in flight
 * `n * least / mean` are being worked on; the limit is so many, and a few more, so that there is always
 * something to do. L. S. Brakmo and L. L. Peterson, "TCP Vegas", 1995, in the form of C. Jin, D. X. Wei and
 * S. H. Low, "FAST TCP", 2004. Throws RangeError.
 */
export class Vegas implements Limit {
  readonly #rounds = new Rounds()
  readonly #memory: number
  readonly #most: number
  #limit: number
  #leastMs = 0
  /** Rounds since then. */
  #age = 0
  /** Rounds until it has been measured. */
  #probing = 2

  constructor({ memory = 40, ...range }: VegasOptions = {}) {
    if (!(memory >= pause)) throw new RangeError(`memory must be ${pause} rounds or more, not ${memory}`)
    const { initial, most } = rangeOf(range)
    this.#memory = memory
    this.#most = most
    this.#limit = initial
  }

  get current(): number {
    return this.#probing > 0 ? Math.ceil(this.#limit / 2) : Math.floor(this.#limit)
  }

  sample(sample: Sample): void {
    // Of those that were let in before, many wait, and have others wait behind them.
    if (this.#probing > 0 && sample.inFlight > this.current) return
    const round = this.#rounds.add(sample, this.current)
    if (!round) return
    if (this.#probing === 0) this.#adjust(round)
    // Of the first such round the quick ones are here already and the slow ones are not, so it says too little.
    else if (--this.#probing === 0) this.#measured(round.meanMs ?? this.#leastMs)
  }
  // #endregion

  // #region adjust
  #adjust({ meanMs, inFlight, dropped, limiting }: Round): void {
    this.#age++
    if (dropped || meanMs === undefined) return this.#moveTo(this.#limit * 0.9)
    if (!limiting) {
      // So few are in flight that none waits, and there is nothing else to be learned.
      if (inFlight < this.#limit / 2) this.#measured(meanMs)
      return
    }
    const few = Math.max(1, this.#limit / 10)
    // Never less than half: one bad round is no reason to serve nobody.
    const working = this.#limit * Math.max(0.5, Math.min(1, this.#leastMs / meanMs))
    const wish = working + few
    this.#moveTo(this.#limit + smoothing * (wish - this.#limit))
    const changed = meanMs > 1.5 * this.#leastMs || meanMs < 0.75 * this.#leastMs
    if (this.#age >= (changed ? pause : this.#memory)) this.#probing = 2
  }

  #moveTo(limit: number): void {
    this.#limit = clamp(limit, this.#most)
  }
  // #endregion

  // #region probe
  /**
   * The least latency may have changed, and nobody can tell while requests wait. So for a moment there are
   * half as many places: what waits is worked off, and then a round is measured. BBR does the same
   * (ProbeRTT: N. Cardwell and others, "BBR: Congestion-based congestion control", 2016).
   */
  #measured(leastMs: number): void {
    // A round is a sample as well: what is near is believed by a quarter, and what is not has changed.
    const near = Math.abs(leastMs - this.#leastMs) < this.#leastMs / 4
    this.#leastMs += (near ? 1 / 4 : 1) * (leastMs - this.#leastMs)
    this.#age = 0
  }
  // #endregion
}
