import { Context } from '@rpc-steps/async-await'
import type { Call, Clock, Handler } from '@rpc-steps/async-await'
import { mulberry32 } from '@rpc-steps/sockets/random'

/** Time that goes as fast as what is done in it: from one timer to the next. */
export class World implements Clock {
  #now = 0
  /** Those that are due last come first. */
  readonly #timers: { due: number; job: (() => void) | undefined }[] = []

  now(): number {
    return this.#now
  }

  after(ms: number, job: () => void): () => void {
    const timer: { due: number; job: (() => void) | undefined } = { due: this.#now + ms, job }
    if (ms === Infinity) return () => {}
    let [low, high] = [0, this.#timers.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#timers[middle]!.due > timer.due) low = middle + 1
      else high = middle
    }
    this.#timers.splice(low, 0, timer)
    return () => (timer.job = undefined)
  }

  /** The same numbers in each run. */
  readonly random = mulberry32(1)

  /** Lets so many milliseconds go. Whatever can be done at one moment is done before the next. */
  async run(ms: number): Promise<void> {
    const end = this.#now + ms
    await turn()
    for (let next; (next = this.#timers.at(-1)) && next.due <= end; ) {
      this.#timers.pop()
      if (!next.job) continue // taken back
      this.#now = next.due
      next.job()
      await turn()
    }
    this.#now = end
  }

  /** Does `job` so many times a second, from now on for so long; at random moments, as a crowd does. */
  each(rate: number, seconds: number, job: () => void): void {
    const end = this.#now + seconds * 1000
    const next = () => {
      const ms = (-Math.log(1 - this.random()) * 1000) / rate
      if (this.#now + ms < end) this.after(ms, () => (next(), job()))
    }
    next()
  }
}

/** Lets every promise that can settle do so. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Calls a handler, without any wire between them. With `cancels` it hears when a call is given up. */
export function calling(handler: Handler, clock: Clock, { cancels = false } = {}): Call {
  return (method, params, { signal, extras } = {}) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const context = new Context({ clock })
      signal?.addEventListener('abort', () => {
        const reason = signal.reason as Error
        reject(reason)
        if (cancels) context.abort(reason)
      })
      const answer = async () => handler({ jsonrpc: '2.0', id: 1, method, ...(params && { params }), ...extras?.() }, context)
      answer().then((value) => resolve(value ?? null), reject)
    })
}
