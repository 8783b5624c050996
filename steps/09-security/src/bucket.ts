/** Holds so many tokens at most, and gains so many a second. Each request takes one (Turner 1986, "leaky bucket as a meter"). */
export class Bucket {
  readonly #perMs: number
  readonly #most: number
  #tokens: number
  #since: number

  /** Full at first. `now` is on any clock of milliseconds. */
  constructor(perSecond: number, burst: number, now: number) {
    this.#perMs = perSecond / 1000
    this.#most = burst
    this.#tokens = burst
    this.#since = now
  }

  // #region take
  /** Takes a token. Returns 0, or if there is none, in how many milliseconds there will be one. */
  take(now: number): number {
    // What has come in since is worked out when somebody asks: so a bucket needs no timer.
    this.#tokens = Math.min(this.#most, this.#tokens + (now - this.#since) * this.#perMs)
    this.#since = now
    if (this.#tokens < 1) return Math.ceil((1 - this.#tokens) / this.#perMs)
    this.#tokens--
    return 0
  }
  // #endregion

  /** Nothing was taken lately: it is like a new one. */
  isFull(now: number): boolean {
    return this.#tokens + (now - this.#since) * this.#perMs >= this.#most
  }
}
