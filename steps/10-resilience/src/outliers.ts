import { systemClock } from '@rpc-steps/async-await'
import type { Clock } from '@rpc-steps/async-await'
import { backoff } from './backoff.ts'
import type { BackoffOptions } from './backoff.ts'
import type { Verdict } from './status.ts'

/** Who is passed over, and for how long. */
export interface OutlierOptions extends BackoffOptions {
  /** Failures in a row after which a server is ejected. Default 5. */
  failures?: number
  /** The longest time for which it is ejected the first time; twice as long each further one. At least half of it passes. Default 1,000. */
  base?: number
  /** Default 30,000. */
  cap?: number
  /** Which part of all may be ejected at the same time. Beyond it something else is wrong, and nobody is. Default 0.5. */
  most?: number
  clock?: Clock
}

interface Record {
  /** In a row, one of them 0. */
  failures: number
  successes: number
  /** How many times it was ejected, since it has last worked for as long as it takes to be ejected. */
  times: number
  until: number
}

// #region outliers
/** Which servers fail and are passed over for a while. Outlier detection in Envoy, its `consecutive_5xx`. */
export class Outliers {
  readonly #options: OutlierOptions
  readonly #clock: Clock
  readonly #failures: number
  /** How many may be ejected. */
  readonly #most: number
  readonly #records = new Map<unknown, Record>()

  /** Throws RangeError. */
  constructor(servers: number, options: OutlierOptions = {}) {
    const { failures = 5, most = 0.5, clock = systemClock } = options
    if (!(failures >= 1)) throw new RangeError(`failures must be 1 or more, not ${failures}`)
    if (!(most >= 0 && most < 1)) throw new RangeError(`most must be 0 or more and less than 1, not ${most}`)
    this.#options = options
    this.#failures = failures
    this.#clock = clock
    this.#most = Math.floor(servers * most)
  }

  /** Whether this one is ejected now. */
  has(server: unknown): boolean {
    return (this.#records.get(server)?.until ?? 0) > this.#clock.now()
  }

  /** How many are. */
  get size(): number {
    return [...this.#records.keys()].filter((server) => this.has(server)).length
  }

  /** A call to it has ended. */
  add(server: unknown, verdict: Verdict): void {
    if (verdict === 'neither') return
    const record = this.#records.get(server) ?? { failures: 0, successes: 0, times: 0, until: 0 }
    this.#records.set(server, record)
    if (verdict === 'works') {
      record.failures = 0
      if (++record.successes >= this.#failures) record.times = 0
      return
    }
    record.successes = 0
    record.failures++
    // What was on its way when it was ejected fails as well, and is no new reason.
    if (record.failures < this.#failures || this.has(server) || this.size >= this.#most) return
    record.failures = 0
    record.until = this.#clock.now() + this.#time(++record.times)
  }

  #time(times: number): number {
    const { base = 1_000, cap = 30_000, random } = this.#options
    const most = backoff(times, { base, cap, random: () => 1 })
    return most / 2 + backoff(times, { base: base / 2, cap: cap / 2, ...(random && { random }) })
  }
}
// #endregion
