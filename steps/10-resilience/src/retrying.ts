import type { Call, Clock } from '@rpc-steps/async-await'
import { hasStream } from '@rpc-steps/streaming'
import { backoff } from './backoff.ts'
import type { BackoffOptions } from './backoff.ts'
import { Budget } from './budget.ts'
import { fateOf, retryAfterOf } from './status.ts'
import { metaOf, pause, Tries } from './tries.ts'
import type { Idempotent, TryOptions } from './tries.ts'

/** When to try again. */
export interface RetryOptions extends BackoffOptions {
  /** What retries are paid from; share it among all who ask the same servers. */
  budget?: Budget
  /** Tries of a call, the first one included. Default 4. */
  tries?: number
  /** Which calls may be tried again when they may have run. Default none. */
  idempotent?: Idempotent
  /** Milliseconds that one wait takes at most; a server that wants more is not waited for. Default 30,000. */
  patience?: number
  clock?: Clock
  /** Hears of each retry: what the try before it failed with, and how long it waits. */
  retried?: (error: unknown, ms: number) => void
}

// #region retrying
/**
 * Tries a call again when that is safe, is paid for, and can be in time: what was not sent or not run; what may
 * have run, if it is idempotent. Rejects with the error of the last try, or the signal's reason. Throws RangeError.
 */
export function retrying(call: Call, options: RetryOptions = {}): Call {
  const { budget = new Budget(), tries = 4, idempotent = () => false, patience = 30_000, clock, retried } = options
  if (!(tries >= 1)) throw new RangeError(`tries must be 1 or more, not ${tries}`)

  /** Milliseconds to wait before another try; undefined if there is to be none. */
  function waitAfter(error: unknown, failures: number, method: string, given: TryOptions): number | undefined {
    const fate = fateOf(error)
    if (fate === 'final' || failures >= tries || given.signal?.aborted) return undefined
    const meta = metaOf(given)
    // The items of a stream have begun to move when it is sent, and nobody can take them back.
    if (fate !== 'unsent' && hasStream(meta)) return undefined
    if (fate === 'unknown' && !idempotent(method, meta)) return undefined
    // Whoever is told the same time to come back comes at the same time, so the jitter is added to it.
    const ms = retryAfterOf(error) + backoff(failures, options)
    const left = meta.timeoutMs ?? Infinity
    return ms < left && ms <= patience ? ms : undefined
  }

  return async (method, params, given: TryOptions = {}) => {
    const beside = { ...given, tries: given.tries ?? new Tries() }
    beside.tries.pay(budget)
    for (let failures = 1; ; failures++) {
      try {
        return await call(method, params, beside)
      } catch (error) {
        const ms = waitAfter(error, failures, method, given)
        if (ms === undefined || !budget.withdraw()) throw error
        retried?.(error, ms)
        await pause(ms, given.signal, clock)
      }
    }
  }
}
// #endregion
