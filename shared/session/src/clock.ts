/** The time, and a wish to be called back. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number
  /** Does `job` once, `ms` milliseconds from now. Returns what takes that back. Infinity never comes. */
  after(ms: number, job: () => void): () => void
}

/** A time-out above this many milliseconds fires at once: setTimeout in Node, "delay". */
const longest = 0x7fffffff

/** The clock of this machine. What is further away than a timer can be set is waited for in pieces. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, job) {
    if (ms === Infinity) return () => {}
    if (ms <= longest) {
      const timer = setTimeout(job, ms)
      return () => clearTimeout(timer)
    }
    const due = performance.now() + ms
    let cancel = systemClock.after(longest, () => (cancel = systemClock.after(due - performance.now(), job)))
    return () => cancel()
  },
}

/**
 * Rings when a session wants to be told the time. One that rings too early costs nothing, because a
 * session only looks whether something is over; one set and cleared for each message would.
 */
export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  #at = Infinity
  #cancel = () => {}

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = () => {
      this.#at = Infinity
      ring()
    }
  }

  /** Rings at `at` on the clock or, if it was set for an earlier time, then; never, for Infinity. */
  set(at: number): void {
    if (at === this.#at || (at > this.#at && at !== Infinity)) return
    this.#cancel()
    this.#at = at
    this.#cancel = this.#clock.after(at - this.#clock.now(), this.#ring)
  }

  /** Rings no more, until it is set again. */
  stop(): void {
    this.#cancel()
    this.#at = Infinity
  }
}
