import type { Sample } from './limit.ts'

/** Samples of a round at least: the mean of fewer would be too much a matter of chance. */
const least = 50

// #region rounds
/** What the samples of one round say together. */
export interface Round {
  /** The mean of those that succeeded; undefined if none did. */
  readonly meanMs: number | undefined
  /** How many were in flight when they were let in, in the mean. */
  readonly inFlight: number
  /** Some were dropped. */
  readonly dropped: boolean
  /** The limit is what kept more from being in flight. If not, all going well says nothing of a higher one. */
  readonly limiting: boolean
}

/**
 * Samples in rounds: two for each place, so about the time in which each place is taken twice. A limit
 * that moved with each sample would follow every accident; the mean of a round hardly follows any.
 */
export class Rounds {
  #count = 0
  #successes = 0
  #sumMs = 0
  #sumInFlight = 0
  #mostInFlight = 0

  /** Returns the round that ends with this sample, if one does. */
  add({ rttMs, inFlight, outcome }: Sample, limit: number): Round | undefined {
    this.#count++
    this.#sumInFlight += inFlight
    this.#mostInFlight = Math.max(this.#mostInFlight, inFlight)
    if (outcome === 'success') {
      this.#successes++
      this.#sumMs += rttMs
    }
    if (this.#count < Math.max(least, 2 * limit)) return undefined
    const round = {
      meanMs: this.#successes > 0 ? this.#sumMs / this.#successes : undefined,
      inFlight: this.#sumInFlight / this.#count,
      dropped: this.#successes < this.#count,
      limiting: this.#mostInFlight >= 0.9 * limit,
    }
    this.#count = this.#successes = this.#sumMs = this.#sumInFlight = this.#mostInFlight = 0
    return round
  }
}
// #endregion
