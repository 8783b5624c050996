import type { Clock } from '@rpc-steps/async-await'
import { Fifo } from '@rpc-steps/task-queue'
import type { Line, Waiting } from '@rpc-steps/task-queue'
import { Standing } from './standing.ts'

/** How long one may wait. */
export interface CodelOptions {
  /** Milliseconds, while the queue stands. Default 5. */
  targetMs?: number
  /** Milliseconds without having been empty after which a queue stands; otherwise one may wait for as long. Default 100. */
  intervalMs?: number
}

/** An order that knows who has waited longest. */
interface Aged<T extends Waiting> extends Line<T> {
  readonly first: T | undefined
}

// #region codel
/**
 * Controlled delay (CoDel, RFC 8289): a burst may wait, but a queue that stands is kept short. RFC 8289 drops
 * packets ever faster until their senders slow down. Whoever sends a request does not slow down, so here, as
 * in B. Maurer, "Fail at scale", ACM Queue 2015, all who have waited for longer than the target are told that
 * it is too much. No length has to be chosen: it adapts to how quickly requests are served. Throws RangeError.
 */
export class Codel<T extends Waiting> implements Line<T> {
  readonly #clock: Clock
  readonly #targetMs: number
  readonly #intervalMs: number
  readonly #standing: Standing
  readonly #line: Aged<T>

  /** `line` is who is next of those who have not waited for too long. */
  constructor(clock: Clock, { targetMs = 5, intervalMs = 100 }: CodelOptions = {}, line: Aged<T> = new Fifo()) {
    if (!(targetMs > 0 && targetMs <= intervalMs)) {
      throw new RangeError(`targetMs must be more than 0 and no more than intervalMs, not ${targetMs}`)
    }
    this.#clock = clock
    this.#targetMs = targetMs
    this.#intervalMs = intervalMs
    this.#standing = new Standing(clock, intervalMs)
    this.#line = line
  }

  get size(): number {
    return this.#line.size
  }

  add(task: T): void {
    if (this.size === 0) this.#standing.wasEmpty()
    this.#line.add(task)
  }

  next(): T | undefined {
    return this.#line.next()
  }

  remove(task: T): void {
    this.#line.remove(task)
  }

  expire(): T | undefined {
    const { first } = this.#line
    if (!first) return undefined
    const most = this.#standing.now ? this.#targetMs : this.#intervalMs
    if (this.#clock.now() - first.since <= most) return undefined
    this.#line.remove(first)
    return first
  }
}
// #endregion
