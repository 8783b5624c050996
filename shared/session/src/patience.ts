// #region patience
/**
 * A limit of time that counts from the last progress. Progress is a number that has changed: so
 * nothing has to be set and cleared for each message, and a clock is looked at only now and then.
 */
export class Patience {
  #since = 0
  #progress = NaN

  /** When it will be over, unless there is progress; Infinity while nobody is waited for. */
  until(now: number, limit: number, waiting: boolean, progress = 0): number {
    if (!waiting) {
      this.#progress = NaN
      return Infinity
    }
    if (progress !== this.#progress) {
      this.#progress = progress
      this.#since = now
    }
    return this.#since + limit
  }
}
// #endregion
