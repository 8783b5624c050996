import { createHistogram } from 'node:perf_hooks'
import type { RecordableHistogram } from 'node:perf_hooks'
import { systemClock } from '@rpc-steps/async-await'
import type { Call, Clock } from '@rpc-steps/async-await'

/** How far back is looked. */
export interface QuantilesOptions {
  /** Milliseconds after which what was measured is forgotten: at least so many, at most twice as many. Default 10,000. */
  windowMs?: number
  /** Measurements below which nothing is said. Default 100. */
  least?: number
  clock?: Clock
}

// #region quantiles
/**
 * How long the slowest took lately. The times of two windows are kept, in histograms of `node:perf_hooks`
 * (HDR: within a thousandth); when the newer one is full of time, the older one is forgotten. Throws RangeError.
 */
export class Quantiles {
  readonly #windowMs: number
  readonly #least: number
  readonly #clock: Clock
  #newer = createHistogram()
  #older = createHistogram()
  #since: number

  constructor({ windowMs = 10_000, least = 100, clock = systemClock }: QuantilesOptions = {}) {
    if (!(windowMs > 0)) throw new RangeError(`windowMs must be more than 0 ms, not ${windowMs}`)
    this.#windowMs = windowMs
    this.#least = least
    this.#clock = clock
    this.#since = clock.now()
  }

  /** One took so long. For one that was given up it is how long it had taken by then: it was not quick. */
  record(ms: number): void {
    this.#rotate()
    // The histogram takes whole numbers from 1: microseconds.
    this.#newer.record(Math.max(1, Math.round(ms * 1000)))
  }

  /** So many percent took no longer, in milliseconds; undefined while there is too little to say. */
  percentile(percent: number): number | undefined {
    this.#rotate()
    if (this.#newer.count + this.#older.count < this.#least) return undefined
    const both: RecordableHistogram = createHistogram()
    both.add(this.#newer)
    both.add(this.#older)
    return both.percentile(percent) / 1000
  }

  #rotate(): void {
    const now = this.#clock.now()
    const age = now - this.#since
    if (age < this.#windowMs) return
    this.#older = age < 2 * this.#windowMs ? this.#newer : createHistogram()
    this.#newer = createHistogram()
    this.#since = now
  }
}
// #endregion

// #region measured
/**
 * The same call, whose times are recorded: also when it fails, or is given up. If only those counted that
 * came in time, a time-out made of them would grow shorter and shorter.
 */
export function measured(call: Call, quantiles: Quantiles, clock: Clock = systemClock): Call {
  return async (method, params, options) => {
    const began = clock.now()
    try {
      return await call(method, params, options)
    } finally {
      quantiles.record(clock.now() - began)
    }
  }
}

/** What a time-out or a hedge is made of. */
export interface Patience {
  quantiles: Quantiles
  /** Of so many percent, the slowest. */
  percent: number
  /** Times so much. Default 1. */
  factor?: number
  /** Milliseconds while nothing is known. */
  usual: number
  /** Milliseconds at least and at most: a number that was learned is wrong at times. */
  range: readonly [least: number, most: number]
}

/** How long to wait, in milliseconds: before a second try (`percent: 95`), or altogether (`percent: 99`, `factor: 2`). */
export function patience({ quantiles, percent, factor = 1, usual, range: [least, most] }: Patience): number {
  const slowest = quantiles.percentile(percent)
  return slowest === undefined ? usual : Math.min(most, Math.max(least, factor * slowest))
}
// #endregion
