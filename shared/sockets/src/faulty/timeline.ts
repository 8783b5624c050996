interface Event {
  readonly at: number
  readonly run: () => void
}

/**
 * A clock that nobody waits for. It stands still until it is moved, and what was planned for the
 * time it moves over happens on the way, in order.
 */
export class Timeline {
  /** The time, in milliseconds. */
  now = 0
  /** How many events have happened so far. */
  happened = 0
  /** Is an event running right now? */
  moving = false
  /** The latest first, so that the next one is taken from the end. */
  readonly #events: Event[] = []

  /** When the next event is due; Infinity if none is planned. */
  get next(): number {
    return this.#events.at(-1)?.at ?? Infinity
  }

  /** Plans an event. Those of one moment happen in the order in which they were planned. */
  plan(at: number, run: () => void): void {
    let low = 0
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#events[middle]!.at > at) low = middle + 1
      else high = middle
    }
    this.#events.splice(low, 0, { at, run })
  }

  /** Moves the clock, and does nothing when an event asks for it: the clock is moving already. */
  moveTo(time: number): void {
    if (this.moving) return
    this.moving = true
    try {
      while (this.next <= time) {
        const event = this.#events.pop()!
        this.now = Math.max(this.now, event.at)
        this.happened++
        event.run()
      }
      this.now = Math.max(this.now, time)
    } finally {
      this.moving = false
    }
  }
}
