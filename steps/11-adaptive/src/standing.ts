import type { Clock } from '@rpc-steps/async-await'

// #region standing
/**
 * Tells a queue that passes a burst on from one that stands: it has not been empty for a whole interval, so
 * what waits in it is no help to anybody. RFC 8289, section 3, where the least wait of an interval tells;
 * B. Maurer, "Fail at scale", ACM Queue 2015, takes the last time when the queue was empty.
 */
export class Standing {
  readonly #clock: Clock
  readonly #intervalMs: number
  #emptyAt: number

  /** Throws RangeError. */
  constructor(clock: Clock, intervalMs: number) {
    if (!(intervalMs > 0)) throw new RangeError(`intervalMs must be more than 0 ms, not ${intervalMs}`)
    this.#clock = clock
    this.#intervalMs = intervalMs
    this.#emptyAt = clock.now()
  }

  /** To be told when something comes to an empty queue: until now it was empty. */
  wasEmpty(): void {
    this.#emptyAt = this.#clock.now()
  }

  /** Whether it stands, if it is not empty now. */
  get now(): boolean {
    return this.#clock.now() - this.#emptyAt > this.#intervalMs
  }
}
// #endregion
