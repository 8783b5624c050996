import { codes, RpcError } from '@rpc-steps/wire'
import type { Json } from '@rpc-steps/wire'
import { Credit } from './credit.ts'

/** What has come in one message and is not all taken. */
interface Message {
  readonly items: (Json | undefined)[]
  /** Its characters. */
  readonly size: number
  /** The next one to be taken. */
  next: number
}

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

// #region held
/** Characters of messages that are kept until somebody takes their items: of one connection together. */
export class Held {
  #size = 0

  /** Throws RpcError -32029: credit counts items, however large, and memory does not. */
  add(size: number): void {
    if (this.#size + size > mostHeld) {
      const how = `over ${mostHeld} bytes of items wait to be taken: grant credit for fewer`
      throw new RpcError(codes.resourceExhausted, 'Too many items', { status: 'RESOURCE_EXHAUSTED', how })
    }
    this.#size += size
  }

  /** So many characters were taken. */
  remove(size: number): void {
    this.#size -= size
  }
}

const mostHeld = 16 * 1024 * 1024
// #endregion

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
  #held: Held | undefined
  /** What comes is put into one list and taken from the other: when that is empty, they change places. */
  #coming: Message[] = []
  #come: Message[] = []
  #first = 0
  readonly #waiting: Waiting[] = []
  #over = false
  /** Nobody reads any more, so nothing is an error any more. */
  #stopped = false
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
  /** The next item, when it is there. Rejects with what the stream ends with, if that is an error. */
  next(): Promise<IteratorResult<Json, undefined>> {
    if (!this.#open) {
      this.#open = true
      this.#grant(this.#window)
    }
    if (this.#first === this.#come.length) {
      if (this.#coming.length === 0) return this.#none()
      this.#come = this.#coming
      this.#coming = []
      this.#first = 0
    }
    const value = this.#take(this.#come[this.#first]!)
    this.#grantAgain()
    return Promise.resolve({ value, done: false })
  }

  #take(message: Message): Json {
    const { items, size } = message
    const value = items[message.next]!
    items[message.next++] = undefined // what was taken is not kept
    if (message.next === items.length) {
      this.#held!.remove(size)
      this.#first++
    }
    return value
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
    this.#drop()
    this.end()
    this.#stopped = true
    this.#events.stopped()
    return Promise.resolve({ value: undefined, done: true })
  }

  /** Itself. */
  [Symbol.asyncIterator](): this {
    return this
  }
  // #endregion

  // #region come
  /**
   * Items have come, in a message of so many characters. Throws RpcError: -32600 if they are more than
   * were granted, -32029 if they are too large to be kept.
   */
  received(items: Json[], size: number, held: Held): void {
    this.#credit.spend(items.length)
    if (this.#over) return
    let next = 0
    for (; next < items.length && this.#waiting.length > 0; next++) {
      this.#waiting.shift()!.resolve({ value: items[next]!, done: false })
      this.#grantAgain()
    }
    if (next === items.length) return
    held.add(size)
    this.#held = held
    this.#coming.push({ items, size, next })
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

  /** The same at once: what has come and was not taken is of no use any more, whatever end was still to come. */
  fail(error: Error): void {
    if (this.#stopped) return
    this.#drop()
    this.#over = false
    this.end(error)
  }

  #drop(): void {
    for (const { size } of [...this.#come.slice(this.#first), ...this.#coming]) this.#held!.remove(size)
    this.#coming = []
    this.#come = []
    this.#first = 0
  }
  // #endregion
}
