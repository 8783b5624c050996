import type { Clock } from '@rpc-steps/async-await'
import type { Backend, Picker } from '@rpc-steps/resilience/picking'
import { normal } from './random.ts'
import type { Random } from './random.ts'

/** How long the bandit remembers, and what a failure counts as. */
export interface BanditOptions {
  /** Milliseconds after which what was seen counts for half. Default 5,000. */
  halfLifeMs?: number
  /** Milliseconds that a failure counts as at least. Default 1,000. */
  failureMs?: number
  random?: Random
}

/** What was seen of a backend: how much it counts for, and the mean of the logarithms of its milliseconds. */
interface Seen {
  weight: number
  mean: number
  at: number
}

/** By how much the logarithms of latencies differ from one call to the next: about by a factor of two. */
const spread = Math.LN2
/** What was seen counts for so many calls at most: of a thousand that were quick, the next ten would not be believed. */
const most = 30
/** What no call at all counts for: who was never asked may be anything. */
const doubt = 0.05

// #region bandit
/**
 * Thompson sampling: for each server it guesses a latency, by chance and as widely as it knows little, and
 * asks whose guess is best. Who is known to be slow is seldom guessed quick, and is asked again all the same,
 * because what was seen long ago counts for little. W. R. Thompson, 1933; with forgetting: V. Raj and S.
 * Kalyani, "Taming non-stationary bandits: a Bayesian approach", 2017. Throws RangeError.
 */
export class Bandit implements Picker {
  readonly #clock: Clock
  readonly #halfLifeMs: number
  readonly #failureMs: number
  readonly #random: Random
  readonly #seen = new WeakMap<Backend, Seen>()

  constructor(clock: Clock, { halfLifeMs = 5000, failureMs = 1000, random = Math.random }: BanditOptions = {}) {
    if (!(halfLifeMs > 0)) throw new RangeError(`halfLifeMs must be more than 0 ms, not ${halfLifeMs}`)
    this.#clock = clock
    this.#halfLifeMs = halfLifeMs
    this.#failureMs = failureMs
    this.#random = random
  }

  pick(backends: readonly Backend[]): Backend {
    let [best, least] = [backends[0]!, Infinity]
    for (const backend of backends) {
      const guess = this.#guess(backend)
      if (guess < least) [best, least] = [backend, guess]
    }
    return best
  }

  done(backend: Backend, ms: number, ok: boolean): void {
    // Logarithms, because ten times as slow is as far from usual as ten times as quick.
    const log = Math.log(Math.max(0.001, ok ? ms : Math.max(ms, this.#failureMs)))
    const { weight, mean } = this.#remembered(backend)
    const total = Math.min(weight + 1, most)
    this.#seen.set(backend, { weight: total, mean: mean + (log - mean) / total, at: this.#clock.now() })
  }

  /** The logarithm of a latency that is possible, by all that is known, with what it has to do already. */
  #guess(backend: Backend): number {
    const { weight, mean } = this.#remembered(backend)
    const latency = mean + (spread / Math.sqrt(weight + doubt)) * normal(this.#random)
    return latency + Math.log(backend.inFlight + 1)
  }

  #remembered(backend: Backend): { weight: number; mean: number } {
    const seen = this.#seen.get(backend)
    if (!seen) return { weight: 0, mean: 0 }
    const left = 2 ** (-(this.#clock.now() - seen.at) / this.#halfLifeMs)
    return { weight: seen.weight * left, mean: seen.mean }
  }
}
// #endregion
