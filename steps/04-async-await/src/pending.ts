import { resultOf } from '@rpc-steps/wire'
import type { Json, Reply } from '@rpc-steps/wire'

interface Pending {
  resolve(result: Json): void
  reject(error: unknown): void
  /** Stops listening to the caller's signal. */
  release(): void
}

// #region pending
/**
 * The calls in flight on one connection: sent, not settled. Taking a call out and settling it
 * is one act, so no call is settled twice, and none leaves a listener behind.
 */
export class PendingCalls {
  readonly #calls = new Map<number, Pending>()
  #lastId = 0

  get size(): number {
    return this.#calls.size
  }

  has(id: number): boolean {
    return this.#calls.has(id)
  }

  /** Ids count up and are never used again, so a late reply cannot meet another call. */
  nextId(): number {
    return ++this.#lastId
  }

  /** The promise of the reply to call `id`. An abort of the signal settles it, too. */
  add(id: number, signal: AbortSignal | undefined): Promise<Json> {
    return new Promise((resolve, reject) => {
      const onAbort = () => this.#take(id)?.reject(signal?.reason)
      const release = () => signal?.removeEventListener('abort', onAbort)
      signal?.addEventListener('abort', onAbort)
      this.#calls.set(id, { resolve, reject, release })
    })
  }

  /** Settles the call that this reply answers. Returns false if there is none. */
  settle(reply: Reply): boolean {
    const call = typeof reply.id === 'number' ? this.#take(reply.id) : undefined
    if (!call) return false
    try {
      call.resolve(resultOf(reply))
    } catch (error) {
      call.reject(error)
    }
    return true
  }

  /** The connection has ended, and with it every call that waits. */
  rejectAll(error: Error): void {
    for (const id of [...this.#calls.keys()]) this.#take(id)?.reject(error)
  }

  #take(id: number): Pending | undefined {
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    call?.release()
    return call
  }
}
// #endregion
