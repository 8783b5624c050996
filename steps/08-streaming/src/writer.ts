import { setImmediate as turnOver } from 'node:timers/promises'
import type { Peer } from '@rpc-steps/async-await'
import { codes, RpcError } from '@rpc-steps/wire'
import type { Json } from '@rpc-steps/wire'
import { Credit } from './credit.ts'

/** What a stream is made of: an async generator, a stream of Node, a plain array. */
export type Items = AsyncIterable<Json> | Iterable<Json>

/** Bytes of items that leave in one message, which is 16 KiB with its envelope; a single item may be larger. */
const mostBytes = 16 * 1024 - 128

// #region turns
/**
 * However fast items are made, all streams together make one full message in a turn of the loop, and
 * who would make more waits in line: so calls are answered between them, however many streams there are.
 */
const turns = {
  made: 0,
  last: Promise.resolve(),
  next(): Promise<void> {
    return (this.last = this.last.then(async () => {
      await turnOver()
      this.made = 0
    }))
  },
}
// #endregion

/**
 * The end of a stream at which it is written. It asks for the next item only when it has sent the one
 * before, and it sends only what was granted: so a slow reader slows the generator, and holds up nobody else.
 */
export class Writer {
  readonly #peer: Pick<Peer, 'room'>
  readonly #send: (items: Json[]) => Promise<void>
  readonly #credit = new Credit()
  #items: Json[] = []
  #bytes = 0
  #signal: AbortSignal | undefined
  readonly #waiting: (() => void)[] = []
  /** No credit will come any more. */
  #last = false
  #error: unknown

  constructor(peer: Pick<Peer, 'room'>, send: (items: Json[]) => Promise<void>) {
    this.#peer = peer
    this.#send = send
  }

  // #region write
  /** So many more may be sent. Throws RpcError -32600. */
  granted(credit: unknown): void {
    this.#credit.grant(credit)
    this.#wake()
  }

  /** What is left of the credit is all that there will be. */
  last(): void {
    this.#last = true
    this.#wake()
  }

  /**
   * Sends all of it. Rejects with what the items end with if that is an error, and with the reason of
   * the signal; in any case the generator has ended then, and its `finally` has run.
   */
  async write(items: Items, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const iterator = iteratorOf(items)
    this.#signal = signal
    const onAbort = () => {
      this.#wake()
      // It may wait inside for something that has not heard of it; then this takes effect when that is over.
      Promise.resolve(iterator.return?.()).catch(() => {})
    }
    signal.addEventListener('abort', onAbort)
    try {
      for await (const item of { [Symbol.asyncIterator]: () => iterator }) {
        const bytes = Buffer.byteLength(JSON.stringify(item) ?? 'null') + 1
        if (turns.made + bytes > mostBytes) await turns.next()
        turns.made += bytes
        if (this.#bytes + bytes > mostBytes || this.#credit.left === 0) await this.#makeWay()
        signal.throwIfAborted()
        this.#add(item ?? null, bytes)
      }
    } finally {
      await this.#flush() // also before an error: it comes after the items before it
      signal.removeEventListener('abort', onAbort)
    }
    signal.throwIfAborted()
    if (this.#error !== undefined) throw this.#error as Error
  }

  #add(item: Json, bytes: number): void {
    this.#credit.spend(1)
    // What is made in one turn leaves together.
    if (this.#items.length === 0) setImmediate(() => void this.#flush())
    this.#items.push(item)
    this.#bytes += bytes
  }

  /** The next item would be one too many: sends what there is, and waits for what is missing. */
  async #makeWay(): Promise<void> {
    await this.#flush()
    while (this.#credit.left === 0 && !this.#signal!.aborted) {
      if (this.#last) throw new RpcError(codes.requestCancelled, 'Request cancelled', 'nobody grants any more credit')
      await this.#news()
    }
    if (this.#error !== undefined) throw this.#error as Error
  }

  /** Sends what was made, when the connection has room for it: others have waited for the same. */
  async #flush(): Promise<void> {
    for (let room; this.#items.length > 0 && !this.#signal!.aborted && (room = this.#peer.room); ) {
      void room.then(() => this.#wake())
      await this.#news()
    }
    // After the end nothing may follow: that has left already.
    const items = this.#signal!.aborted ? [] : this.#items
    this.#items = []
    this.#bytes = 0
    if (items.length === 0) return
    try {
      await this.#send(items)
    } catch (error) {
      this.#error ??= error
    }
  }

  /** Something has changed: whoever waits for credit, room or the end looks again. */
  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #news(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
  // #endregion
}

/** Of what can be iterated in either way. */
export function iteratorOf(items: Items): AsyncIterator<Json> | Iterator<Json> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
}
