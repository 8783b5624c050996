import { Signals, systemClock } from '@rpc-steps/async-await'
import type { CallOptions, Clock } from '@rpc-steps/async-await'
import type { Meta } from '@rpc-steps/wire'
import type { Budget } from './budget.ts'

// #region tries
/** What all tries of one call have in common. */
export class Tries {
  /** The servers that have had it. */
  readonly asked = new Set<unknown>()
  readonly #paid: Budget[] = []

  /** Pays the call into a budget: once, however many filters share it, and whatever is tried again. */
  pay(budget: Budget): void {
    if (this.#paid.includes(budget)) return
    this.#paid.push(budget)
    budget.deposit()
  }
}

/** The options of one try. The filters of this step hand `tries` on; behind one that does not, a try is like a call of its own. */
export interface TryOptions extends CallOptions {
  tries?: Tries | undefined
}

/** Says whether a call may run twice and be as good as once. */
export type Idempotent = (method: string, meta: Meta) => boolean

/** What would be written beside the request now. */
export function metaOf({ extras }: CallOptions): Meta {
  return extras?.().meta ?? {}
}
// #endregion

// #region pause
// One listener for each signal, however many wait with it.
const shared = new Signals<(reason: unknown) => void>((wake, reason) => wake(reason))

/** Waits `ms` milliseconds; rejects with the signal's reason. Leaves no timer and no listener behind. */
export function pause(ms: number, signal?: AbortSignal, clock: Clock = systemClock): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const wake = (reason: unknown) => {
      cancel()
      reject(reason)
    }
    const cancel = clock.after(ms, () => {
      if (signal) shared.unwatch(signal, wake)
      resolve()
    })
    if (signal) shared.watch(signal, wake)
  })
}
// #endregion
