// #region signals
/**
 * Who is to be told when a signal is aborted. It listens once for each signal, and no longer than
 * somebody waits: a thousand listeners on one signal take a million steps to add.
 */
export class Signals<T> {
  readonly #groups = new Map<AbortSignal, { waiting: Set<T>; stop: () => void }>()
  readonly #onAbort: (item: T, reason: unknown) => void

  constructor(onAbort: (item: T, reason: unknown) => void) {
    this.#onAbort = onAbort
  }

  /** From here on `item` is told when the signal is aborted; one that is aborted already says nothing more. */
  watch(signal: AbortSignal, item: T): void {
    let group = this.#groups.get(signal)
    if (!group) {
      const waiting = new Set<T>()
      const onAbort = () => {
        this.#groups.delete(signal)
        for (const item of waiting) this.#onAbort(item, signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      group = { waiting, stop: () => signal.removeEventListener('abort', onAbort) }
      this.#groups.set(signal, group)
    }
    group.waiting.add(item)
  }

  /** Nobody waits for it any more. */
  unwatch(signal: AbortSignal, item: T): void {
    const group = this.#groups.get(signal)
    group?.waiting.delete(item)
    if (group?.waiting.size !== 0) return
    this.#groups.delete(signal)
    group.stop()
  }
}
// #endregion
