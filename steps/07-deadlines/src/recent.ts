/** Remembered for sure; twice as many at most. */
const most = 1024
/** A longer name would cost its memory for nothing: no known client has ids of this length. */
const longest = 100

// #region recent
/** The last thousand ids of which something was said, in two generations: the older is dropped as a whole. */
export class Recent {
  #young = new Set<unknown>()
  #old = new Set<unknown>()

  add(id: unknown): void {
    if (typeof id === 'string' && id.length > longest) return
    if (this.#young.size === most) {
      this.#old = this.#young
      this.#young = new Set()
    }
    this.#young.add(id)
  }

  has(id: unknown): boolean {
    return this.#young.has(id) || this.#old.has(id)
  }

  /** Forgets it. Returns true if it was known. */
  delete(id: unknown): boolean {
    const young = this.#young.delete(id)
    return this.#old.delete(id) || young
  }
}
// #endregion
