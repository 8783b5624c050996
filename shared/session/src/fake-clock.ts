import type { Clock } from './clock.ts'

/** Time that goes when the test says so; it begins at `now`. */
export class FakeClock implements Clock {
  #now: number
  readonly #timers = new Set<{ due: number; job: () => void }>()

  constructor(now = 0) {
    this.#now = now
  }

  /** Timers that are set. */
  get timers(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#now
  }

  after(ms: number, job: () => void): () => void {
    if (ms === Infinity) return () => {}
    const timer = { due: this.#now + ms, job }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Time goes, and no timer fires: the processor was busy. */
  skip(ms: number): void {
    this.#now += ms
  }

  /** Time goes, and what is due is done, in order. */
  pass(ms: number): void {
    this.#now += ms
    const due = [...this.#timers].filter((timer) => timer.due <= this.#now).sort((a, b) => a.due - b.due)
    for (const timer of due) if (this.#timers.delete(timer)) timer.job()
  }
}
