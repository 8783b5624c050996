import type { Json } from '@rpc-steps/wire'
import { Credit } from './credit.ts'

/** Somebody who waits for the next item. */
interface Waiting {
  resolve(result: IteratorResult<Json, undefined>): void
  reject(error: Error): void
}

/** What a reader tells the other end. */
export interface ReaderEvents {
  /** So many more items may come. */
  grant(credit: number): void
  /** Whoever read wants no more. */
  stopped(): void
}

// #region reader
/**
 * The end of a stream at which it is read. It keeps what has come and was not taken, which is never
 * more than it has granted; and it grants again what was taken. So whoever reads slowly is sent to slowly.
 */
export class Reader implements AsyncIterableIterator<Json, undefined> {
  readonly #window: number
  readonly #events: ReaderEvents
  readonly #credit = new Credit()
  /** Taken since the last grant. */
  #taken = 0
  /** What comes is put into one list and taken from the other: when that is empty, they change places. */
  #coming: Json[] = []
  #items: Json[] = []
  #next = 0
  readonly #waiting: Waiting[] = []
  #over = false
  #error: Error | undefined

  /** Something was granted: beside the request, or when the first item was wanted. */
  #open: boolean

  /** `window`: items that may be on their way or kept here; the other end may know of them already. */
  constructor(window: number, events: ReaderEvents, open = false) {
    this.#window = window
    this.#events = events
    this.#open = open
    if (open) this.#credit.grant(window)
  }

  // #region take
  next(): Promise<IteratorResult<Json, undefined>> {
    if (!this.#open) {
      this.#open = true
      this.#grant(this.#window)
    }
    if (this.#next === this.#items.length) {
      if (this.#coming.length === 0) return this.#none()
      this.#items = this.#coming
      this.#coming = []
      this.#next = 0
    }
    const value = this.#items[this.#next]!
    this.#items[this.#next++] = null // what was taken is not kept
    this.#grantAgain()
    return Promise.resolve({ value, done: false })
  }

  /** Not one by one: a message for each item would cost more than the item. */
  #grantAgain(): void {
    if (++this.#taken < this.#window / 2 || this.#over) return
    this.#grant(this.#taken)
    this.#taken = 0
  }

  #grant(items: number): void {
    this.#credit.grant(items)
    this.#events.grant(items)
  }

  #none(): Promise<IteratorResult<Json, undefined>> {
    if (!this.#over) return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
    const error = this.#error
    this.#error = undefined
    return error === undefined ? Promise.resolve({ value: undefined, done: true }) : Promise.reject(error)
  }

  /** `break`: nothing more is wanted. */
  return(): Promise<IteratorResult<Json, undefined>> {
    this.fail()
    this.#events.stopped()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
  // #endregion

  // #region come
  /** Items have come. Throws RpcError -32600 if they are more than were granted. */
  received(items: readonly Json[]): void {
    this.#credit.spend(items.length)
    if (this.#over) return
    for (const value of items) {
      const first = this.#waiting.shift()
      if (!first) this.#coming.push(value)
      else {
        first.resolve({ value, done: false })
        this.#grantAgain()
      }
    }
  }

  /** No more will come. What has come is read first, then the error if there is one. */
  end(error?: Error): void {
    if (this.#over) return
    this.#over = true
    this.#error = error
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (this.#error === undefined) resolve({ value: undefined, done: true })
      else {
        reject(this.#error)
        this.#error = undefined
      }
    }
  }

  /** The same at once: what has come and was not taken is of no use any more. */
  fail(error?: Error): void {
    this.#coming = []
    this.#items = []
    this.#next = 0
    this.end(error)
  }
  // #endregion
}
// #endregion
