import { Signals, systemClock } from '@rpc-steps/async-await'
import type { Call, Clock, Json } from '@rpc-steps/async-await'
import { hasStream } from '@rpc-steps/streaming'
import { Budget } from './budget.ts'
import { Latencies } from './latencies.ts'
import { verdictOf } from './status.ts'
import { metaOf, Tries } from './tries.ts'
import type { Idempotent, TryOptions } from './tries.ts'

/** When to ask a second time. */
export interface HedgeOptions {
  /** Milliseconds after which a second try is made. Default: the measured p95, as soon as 100 calls are known. */
  delay?: number | (() => number | undefined)
  /** What second tries are paid from. Default a budget of 0.05 for each call. */
  budget?: Budget
  /** Which calls may run twice. Default none. */
  idempotent?: Idempotent
  clock?: Clock
  /** Hears of each second try. */
  hedged?: () => void
}

const lost = new Error('another try was quicker')
const shared = new Signals<(reason: unknown) => void>((abort, reason) => abort(reason))

// #region hedged
/**
 * Asks a second time when an answer takes longer than usual, and takes whichever comes first; the other is
 * cancelled. A failure is the outcome only when no try is left that may do better. "Hedged requests" in
 * J. Dean and L. A. Barroso, "The Tail at Scale", 2013.
 */
export function hedged(call: Call, options: HedgeOptions = {}): Call {
  const { budget = new Budget({ ratio: 0.05 }), idempotent = () => false, clock = systemClock } = options
  const latencies = new Latencies()
  const { delay = () => latencies.quantile(0.95) } = options

  return (method, params, given: TryOptions = {}) => {
    const tries = given.tries ?? new Tries()
    tries.pay(budget)
    const meta = metaOf(given)
    if (hasStream(meta) || !idempotent(method, meta)) return call(method, params, given)
    const since = clock.now()
    const ms = (typeof delay === 'number' ? delay : delay()) ?? Infinity
    const race = new Race({ ...given, tries }, (beside) => call(method, params, beside))
    race.stop = clock.after(ms, () => {
      if (!budget.withdraw()) return
      options.hedged?.()
      race.start()
    })
    return race.run().then((answer) => {
      latencies.add(clock.now() - since)
      return answer
    })
  }
}
// #endregion

// #region race
/** Tries of one call, of which the first answer counts. */
class Race {
  readonly #given: TryOptions
  readonly #try: (options: TryOptions) => Promise<Json>
  readonly #running = new Set<AbortController>()
  #resolve = (_answer: Json) => {}
  #reject = (_reason: unknown) => {}

  constructor(given: TryOptions, run: (options: TryOptions) => Promise<Json>) {
    this.#given = given
    this.#try = run
  }

  /** Takes back the timer of the next try. */
  stop = () => {}
  #unwatch = () => {}

  run(): Promise<Json> {
    const { signal } = this.#given
    return new Promise<Json>((resolve, reject) => {
      const abort = (reason: unknown) => this.#end(() => reject(reason), reason)
      if (signal?.aborted) return abort(signal.reason)
      this.#resolve = resolve
      this.#reject = reject
      this.#unwatch = () => signal && shared.unwatch(signal, abort)
      if (signal) shared.watch(signal, abort)
      this.start()
    })
  }

  start(): void {
    const controller = new AbortController()
    this.#running.add(controller)
    const { signal } = controller
    let answer: Promise<Json>
    try {
      answer = this.#try({ ...this.#given, signal })
    } catch (error) {
      answer = Promise.reject(error)
    }
    answer.then(
      (answer) => {
        if (this.#running.delete(controller)) this.#end(() => this.#resolve(answer), lost)
      },
      (error: unknown) => {
        if (!this.#running.delete(controller)) return
        // That the caller was wrong is an answer, and another server would say the same.
        if (this.#running.size === 0 || verdictOf(error) === 'works') this.#end(() => this.#reject(error), lost)
      },
    )
  }

  #end(settle: () => void, reason: unknown): void {
    this.stop()
    this.#unwatch()
    settle()
    const rest = [...this.#running]
    this.#running.clear()
    for (const controller of rest) controller.abort(reason)
  }
}
// #endregion
