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
/** Measurements that are averaged. */
const enough = 4
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
  /** How many agree on that. */
  #measurements = 0
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
    const round = this.#rounds.add(sample, this.current)
    if (!round) return
    if (this.#probing === 0) this.#adjust(round)
    // The first such round is not measured: what waited is in it, and of what came since only the quick.
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
    // With one alone, a small server that is quick often waits for the next; Linux aims at two to four (tcp_vegas.c).
    const few = Math.max(1.5, this.#limit / 10)
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
    // A round is chance as well, so what is near is averaged. What is not has changed, and is soon measured again.
    const near = Math.abs(leastMs - this.#leastMs) < this.#leastMs / 4
    this.#measurements = near ? Math.min(this.#measurements + 1, enough) : 1
    this.#leastMs += (leastMs - this.#leastMs) / this.#measurements
    this.#age = this.#measurements < enough ? this.#memory - pause : 0
  }
  // #endregion
}
