import type { Clock } from '@rpc-steps/async-await'
import type { Backend, Picker } from '@rpc-steps/resilience/picking'
import { two } from './random.ts'
import type { Random } from './random.ts'

/** How long a latency is remembered, and what a failure counts as. */
export interface PeakEwmaOptions {
  /** Milliseconds after which a third of what was measured is left (1/e). Default 10,000. */
  decayMs?: number
  /** Milliseconds that a failure counts as at least. Default 1,000. */
  failureMs?: number
  random?: Random
}

// #region peak-ewma
/**
 * Of two by chance, who is thought to be done sooner: its latency times what it has to do already. The
 * latency is a mean that forgets with time, except that a peak is believed at once: slow is learned from one
 * call, quick again only from many. Finagle, "Peak EWMA". Throws RangeError.
 */
export class PeakEwma implements Picker {
  readonly #clock: Clock
  readonly #decayMs: number
  readonly #failureMs: number
  readonly #random: Random
  readonly #latencies = new WeakMap<Backend, { ms: number; at: number }>()

  constructor(clock: Clock, { decayMs = 10_000, failureMs = 1000, random = Math.random }: PeakEwmaOptions = {}) {
    if (!(decayMs > 0)) throw new RangeError(`decayMs must be more than 0 ms, not ${decayMs}`)
    this.#clock = clock
    this.#decayMs = decayMs
    this.#failureMs = failureMs
    this.#random = random
  }

  pick(backends: readonly Backend[]): Backend {
    const [one, other] = two(backends, this.#random)
    return this.#cost(one) <= this.#cost(other) ? one : other
  }

  done(backend: Backend, ms: number, ok: boolean): void {
    // A server that refuses everything is the quickest of all.
    const took = ok ? ms : Math.max(ms, this.#failureMs)
    const now = this.#clock.now()
    const known = this.#latencies.get(backend)
    if (!known || took >= known.ms) {
      this.#latencies.set(backend, { ms: took, at: now })
      return
    }
    const weight = Math.exp(-(now - known.at) / this.#decayMs)
    this.#latencies.set(backend, { ms: known.ms * weight + took * (1 - weight), at: now })
  }

  /** What is not asked grows cheaper with time, so everybody is tried again. Who was never asked costs nothing. */
  #cost(backend: Backend): number {
    const known = this.#latencies.get(backend)
    if (!known) return backend.inFlight === 0 ? 0 : this.#failureMs * backend.inFlight
    const decayed = known.ms * Math.exp(-(this.#clock.now() - known.at) / this.#decayMs)
    return decayed * (backend.inFlight + 1)
  }
}
// #endregion
