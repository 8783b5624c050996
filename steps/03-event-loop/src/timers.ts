/** Something to do at a certain time. */
export interface Timer {
  /** When, in milliseconds on the clock of the loop. */
  readonly at: number
  /** Its number: those due at the same time run in the order in which they were made. */
  readonly order: number
  /** What to do. */
  readonly job: () => void
  /** Its place in the heap, -1 when it is there no more. */
  place: number
}

/**
 * Timers in a binary heap: an array in which the parent of place i stands at (i - 1) / 2 and is
 * due no later. So the next one is always at place 0, and to add or cancel one among n takes
 * about log n swaps.
 */
export class Timers {
  readonly #heap: Timer[] = []
  /** How many were ever made. */
  made = 0

  get length(): number {
    return this.#heap.length
  }

  /** When the next one is due; Infinity when there is none. */
  get next(): number {
    return this.#heap[0]?.at ?? Infinity
  }

  /** Adds one, `at` on the clock of the loop. */
  add(at: number, job: () => void): Timer {
    const timer = { at, order: this.made++, job, place: -1 }
    this.#settle(timer, this.#heap.length)
    return timer
  }

  /** Takes it out of the heap. A timer that has run or was cancelled before is no error. */
  cancel(timer: Timer): void {
    const { place } = timer
    if (place < 0) return
    timer.place = -1
    const last = this.#heap.pop()!
    if (last !== timer) this.#settle(last, place)
  }

  /** Takes out the next one that is due at `now` and was among the first `made`. */
  take(now: number, made: number): Timer | undefined {
    const timer = this.#heap[0]
    if (timer === undefined || timer.at > now || timer.order >= made) return undefined
    this.cancel(timer)
    return timer
  }

  /** Puts a timer at a place, then moves it up or down until the heap is in order again. */
  #settle(timer: Timer, place: number): void {
    const heap = this.#heap
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (isBefore(heap[parent]!, timer)) break
      this.#put(heap[parent]!, place)
      place = parent
    }
    for (;;) {
      let child = 2 * place + 1
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (child >= heap.length || isBefore(timer, heap[child]!)) break
      this.#put(heap[child]!, place)
      place = child
    }
    this.#put(timer, place)
  }

  #put(timer: Timer, place: number): void {
    this.#heap[place] = timer
    timer.place = place
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
