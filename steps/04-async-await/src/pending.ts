import { resultOf } from '@rpc-steps/wire'
import type { Json, Reply } from '@rpc-steps/wire'

/** The caller's side of a call: what settles its promise, and the signal that may end it. */
interface Pending {
  resolve(result: Json): void
  reject(error: unknown): void
  signal: AbortSignal | undefined
}

/** The calls that one signal would end. */
interface Group {
  readonly ids: Set<number>
  readonly onAbort: () => void
}

// #region pending
/**
 * The calls in flight on one connection: sent, or about to be, and not settled. To take a call
 * out and to settle it is one act, so none is settled twice and none leaves anything behind.
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

  /** Settles `call` with the reply to `id`, or when its signal is aborted. */
  add(id: number, call: Pending): void {
    this.#calls.set(id, call)
    if (call.signal) this.#watch(call.signal, id)
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

  /** Settles these calls, by default all, with an error. */
  reject(error: unknown, ids: Iterable<number> = this.#calls.keys()): void {
    for (const id of [...ids]) this.#take(id)?.reject(error)
  }

  #take(id: number): Pending | undefined {
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    if (call?.signal) this.#unwatch(call.signal, id)
    return call
  }
  // #endregion

  // #region signals
  readonly #groups = new Map<AbortSignal, Group>()

  /** Listens once for each signal: a thousand listeners on one take a million steps to add. */
  #watch(signal: AbortSignal, id: number): void {
    let group = this.#groups.get(signal)
    if (!group) {
      const ids = new Set<number>()
      group = { ids, onAbort: () => this.reject(signal.reason, ids) }
      this.#groups.set(signal, group)
      signal.addEventListener('abort', group.onAbort)
    }
    group.ids.add(id)
  }

  #unwatch(signal: AbortSignal, id: number): void {
    const group = this.#groups.get(signal)
    group?.ids.delete(id)
    if (group?.ids.size !== 0) return
    this.#groups.delete(signal)
    signal.removeEventListener('abort', group.onAbort)
  }
  // #endregion
}
