import type { Line, Waiting } from './line.ts'

// #region fifo
/** First in, first out. Each knows its neighbours, so one can leave from anywhere at no cost. */
export class Fifo<T extends Waiting> implements Line<T> {
  readonly #links = new Map<T, { before: T | undefined; after: T | undefined }>()
  first: T | undefined
  last: T | undefined

  get size(): number {
    return this.#links.size
  }

  add(task: T): void {
    const before = this.last
    this.#links.set(task, { before, after: undefined })
    if (before) this.#links.get(before)!.after = task
    else this.first = task
    this.last = task
  }

  next(): T | undefined {
    const task = this.first
    if (task) this.remove(task)
    return task
  }

  remove(task: T): void {
    const { before, after } = this.#links.get(task)!
    this.#links.delete(task)
    if (before) this.#links.get(before)!.after = after
    else this.first = after
    if (after) this.#links.get(after)!.before = before
    else this.last = before
  }
}
// #endregion
