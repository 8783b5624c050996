import { Signals, systemClock } from '@rpc-steps/async-await'
import type { CallOptions, Clock } from '@rpc-steps/async-await'
import type { Meta } from '@rpc-steps/wire'

// #region tries
/**
 * The options of one try. `asked` is the same in all tries of a call, and knows which servers have had it. The
 * filters of this step hand it on; behind one that does not, a try is like a call of its own.
 */
export interface TryOptions extends CallOptions {
  asked?: Set<unknown> | undefined
}

/** Says whether a call may run twice and be as good as once. */
export type Idempotent = (method: string, meta: Meta) => boolean

/** What would be written beside the request now. */
export function metaOf({ extras }: CallOptions): Meta {
  return extras?.().meta ?? {}
}

/** Its items have begun to move when it is sent, and nobody can take them back. */
export function isStream({ credit, stream }: Meta): boolean {
  return credit !== undefined || stream === true
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
