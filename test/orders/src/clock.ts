import type { PlayedClock } from '@rpc-steps/course'

interface Timer {
  due: number
  job: () => void
}

/** The moment at which both ends are, in milliseconds from the beginning. It goes when a timer fires. */
export interface Time {
  now: number
}

/** The clock of one end. Its timers fire when they are told to, the earliest first: at their time or later. */
export class Clock implements PlayedClock {
  readonly #time: Time
  readonly #offset: number
  readonly #timers = new Set<Timer>()

  /** `offset` is what it shows at the beginning. */
  constructor(time: Time, offset: number) {
    this.#time = time
    this.#offset = offset
  }

  now(): number {
    return this.#time.now + this.#offset
  }

  after(ms: number, job: () => void): () => void {
    if (ms === Infinity) return () => {}
    const timer = { due: this.#time.now + ms, job }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Timers that are set. */
  get timers(): number {
    return this.#timers.size
  }

  /** When the next one is due; Infinity if none is set. */
  get due(): number {
    let due = Infinity
    for (const timer of this.#timers) due = Math.min(due, timer.due)
    return due
  }

  /** It is the time of the next one. */
  fire(): void {
    const { due } = this
    for (const timer of this.#timers) {
      if (timer.due !== due) continue
      this.#timers.delete(timer)
      this.#time.now = Math.max(this.#time.now, due)
      return timer.job()
    }
  }
}
