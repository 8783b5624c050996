/** Milliseconds that a request is thought to take, until the first was measured. */
const guess = 100
/** What the newest one counts for: as in TCP's smoothed round-trip time (RFC 6298). */
const weight = 1 / 8

// #region service-time
/** How long a request keeps its worker, in milliseconds: a mean that forgets. */
export class ServiceTime {
  #mean: number | undefined

  /** One has ended that kept its worker for so long. */
  add(ms: number): void {
    this.#mean = this.#mean === undefined ? ms : this.#mean + weight * (ms - this.#mean)
  }

  /** Until `count` requests, shared by the workers, are done: a whole number, at least 1. */
  of(count: number, workers: number): number {
    return Math.max(1, Math.ceil((count / workers) * (this.#mean ?? guess)))
  }
}
// #endregion
