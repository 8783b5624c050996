import type { Clock } from '@rpc-steps/async-await'
import { Fifo } from '@rpc-steps/task-queue'
import type { Line, Waiting } from '@rpc-steps/task-queue'
import { Standing } from './standing.ts'

// #region adaptive-lifo
/**
 * First in, first out; and while the queue stands, last in, first out. Who has waited for long has probably
 * gone, and who has just come can still be served in time. B. Maurer, "Fail at scale", ACM Queue 2015.
 * Throws RangeError.
 */
export class AdaptiveLifo<T extends Waiting> implements Line<T> {
  readonly #line = new Fifo<T>()
  readonly #standing: Standing

  /** The queue stands when it has not been empty for `intervalMs` milliseconds. */
  constructor(clock: Clock, intervalMs = 100) {
    this.#standing = new Standing(clock, intervalMs)
  }

  get size(): number {
    return this.#line.size
  }

  /** Who has waited longest. */
  get first(): T | undefined {
    return this.#line.first
  }

  add(task: T): void {
    if (this.size === 0) this.#standing.wasEmpty()
    this.#line.add(task)
  }

  next(): T | undefined {
    if (!this.#standing.now) return this.#line.next()
    const task = this.#line.last
    if (task) this.remove(task)
    return task
  }

  remove(task: T): void {
    this.#line.remove(task)
  }
}
// #endregion
