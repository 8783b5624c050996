import { createHistogram } from 'node:perf_hooks'

/** Calls that must be known before they are enough to say what is usual; and of which the last are kept. */
const [enough, most] = [100, 1000]
/** Calls after which what is usual is worked out again: that costs as much as a call does. */
const fresh = 50

// #region latencies
/** How long calls take: those of late, in two generations, of which the older is dropped as a whole. */
export class Latencies {
  #young = createHistogram()
  #old = createHistogram()
  #added = 0
  #last: { part: number; ms: number; added: number } | undefined

  /** A call has taken so many milliseconds. */
  add(ms: number): void {
    this.#added++
    if (this.#young.count === most) {
      this.#old = this.#young
      this.#young = createHistogram()
    }
    // It takes whole numbers from 1.
    this.#young.record(Math.max(1, Math.round(ms * 1000)))
  }

  /** Milliseconds in which a part of all calls, from 0 to 1, is answered; undefined while too few are known. */
  quantile(part: number): number | undefined {
    const last = this.#last
    if (last?.part === part && this.#added < last.added + fresh) return last.ms
    const known = this.#young.count >= enough ? this.#young : this.#old
    if (known.count < enough) return undefined
    const ms = known.percentile(part * 100) / 1000
    this.#last = { part, ms, added: this.#added }
    return ms
  }
}
// #endregion
