import type { RequestContext } from '@rpc-steps/async-await'
import type { Id } from '@rpc-steps/wire'
import { cancelled, exceeded } from './deadline.ts'
import type { Deadline } from './deadline.ts'
import { Recent } from './recent.ts'

/** A request whose handler has not ended. */
export interface Running {
  readonly id: Id | undefined
  readonly context: RequestContext
  /** Takes back the timer of its deadline. */
  readonly stop: () => void
}

const nothing = () => {}

// #region requests
/**
 * The requests of one connection that can be ended from outside. Each stands here together with its
 * timer, so neither is ever there without the other. Ids are the caller's own: nobody can name a
 * request of another connection.
 */
export class Requests {
  /** By id, and those that have none, notifications, by themselves. */
  readonly #running = new Map<unknown, Running>()
  /** Cancelled, and not taken up yet. */
  readonly #early = new Recent()
  readonly #answered = new Recent()

  /** How many can be ended. */
  get size(): number {
    return this.#running.size
  }

  /** True for what was cancelled before it was taken up. */
  isEarly(id: Id): boolean {
    return this.#early.has(id)
  }

  /** A request has come, and its id may be that of an earlier one. */
  read(id: Id | undefined): void {
    this.#answered.delete(id)
  }

  /** A request is taken up. Returns true if its cancel was here before it: then it is over. */
  take(id: Id | undefined): boolean {
    if (id === undefined) return false
    this.#answered.delete(id)
    if (!this.#early.delete(id)) return false
    this.#answered.add(id)
    return true
  }

  /** Its handler goes on: from here on deadline and cancel end it. */
  begin(id: Id | undefined, context: RequestContext, deadline: Deadline): Running {
    const running: Running = {
      id,
      context,
      stop: deadline.never ? nothing : deadline.after(() => this.#end(running, exceeded())),
    }
    this.#running.set(id === undefined ? running : id, running)
    return running
  }

  /** Its handler has ended. */
  ended(running: Running): void {
    const key = running.id === undefined ? running : running.id
    running.stop()
    // One that goes on after its end may meet another with its id here: ids are free again once answered.
    if (this.#running.get(key) !== running) return
    this.#running.delete(key)
    this.answered(running.id)
  }

  /** What is said of it from here on is late. */
  answered(id: Id | undefined): void {
    if (id !== undefined) this.#answered.add(id)
  }

  /** A cancel: it ends what runs, is kept for what has yet to come, and is nothing to what is over. */
  cancel(id: Id): void {
    const running = this.#running.get(id)
    if (running) this.#end(running, cancelled())
    else if (!this.#answered.has(id)) this.#early.add(id)
  }

  /** The handler hears it by its signal; the answer leaves at once, and what the handler says later is nothing. */
  #end(running: Running, reason: Error): void {
    this.ended(running)
    running.context.abort(reason)
  }

  /** The connection is gone, and its handlers know it. */
  clear(): void {
    for (const { stop } of this.#running.values()) stop()
    this.#running.clear()
  }
}
// #endregion
