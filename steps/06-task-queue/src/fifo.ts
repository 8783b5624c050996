import type { Line, Waiting } from './line.ts'

// #region fifo
/** First in, first out. A Set, because from its middle one can leave at no cost. */
export class Fifo<T extends Waiting> implements Line<T> {
  readonly #tasks = new Set<T>()

  get size(): number {
    return this.#tasks.size
  }

  add(task: T): void {
    this.#tasks.add(task)
  }

  get first(): T | undefined {
    return this.#tasks.values().next().value
  }

  next(): T | undefined {
    const task = this.first
    if (task) this.#tasks.delete(task)
    return task
  }

  remove(task: T): void {
    this.#tasks.delete(task)
  }

  /** Takes out the one that came last, which costs a look at each. */
  last(): T | undefined {
    let last: T | undefined
    for (const task of this.#tasks) last = task
    if (last) this.#tasks.delete(last)
    return last
  }
}
// #endregion
