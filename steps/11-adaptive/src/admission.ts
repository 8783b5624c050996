import type { Clock } from '@rpc-steps/async-await'
import type { Limit } from './limit.ts'

/**
 * What became of a request: `success` says how long one takes, `dropped` that there was too much to do,
 * `ignored` neither, as when its caller went away.
 */
export type Outcome = 'success' | 'dropped' | 'ignored'

/** Gives a place back, and says what became of the request. A second time it does nothing. */
export type Leave = (outcome: Outcome) => void

// #region admission
/** Lets requests in while fewer are in flight than the limit says, and tells it of each that has ended. */
export class Admission {
  readonly limit: Limit
  readonly #clock: Clock
  inFlight = 0

  constructor(limit: Limit, clock: Clock) {
    this.limit = limit
    this.#clock = clock
  }

  /** Undefined if there is no place. */
  enter(): Leave | undefined {
    if (this.inFlight >= this.limit.current) return undefined
    const inFlight = ++this.inFlight
    const began = this.#clock.now()
    let left = false
    return (outcome) => {
      if (left) return
      left = true
      this.inFlight--
      if (outcome !== 'ignored') this.limit.sample({ rttMs: this.#clock.now() - began, inFlight, outcome })
    }
  }
}
// #endregion
