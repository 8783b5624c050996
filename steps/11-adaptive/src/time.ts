import type { Clock } from '@rpc-steps/async-await'

// #region time
/** Time that jumps from one event to the next, so an hour takes a second and comes out the same each time. */
export class Time implements Clock {
  #now = 0
  /** What is to come, the earliest last: what is new comes late, or soon, and is seldom in the middle. */
  readonly #events: { at: number; job: () => void }[] = []

  now(): number {
    return this.#now
  }

  after(ms: number, job: () => void): () => void {
    if (ms === Infinity) return () => {}
    const event = { at: this.#now + ms, job }
    const before = this.#events.findLastIndex(({ at }) => at > event.at)
    this.#events.splice(before + 1, 0, event)
    return () => {
      const index = this.#events.indexOf(event)
      if (index >= 0) this.#events.splice(index, 1)
    }
  }

  /** Does what comes until then, in order. */
  runUntil(at: number): void {
    for (let next; (next = this.#events.at(-1)) && next.at <= at; ) {
      this.#events.pop()
      this.#now = next.at
      next.job()
    }
    this.#now = at
  }
}
// #endregion
