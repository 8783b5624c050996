import { Signals } from '@rpc-steps/async-await'
import type { Call, CallOptions, Clock, Extras } from '@rpc-steps/async-await'
import { cancels } from './cancels.ts'
import { Deadline, exceeded } from './deadline.ts'
import { currentScope } from './scope.ts'

// #region call-within
/** See `deadlined`. Throws RangeError. */
export function callWithin(call: Call, ms: number, clock?: Clock): Call {
  if (!(ms >= 0)) throw new RangeError(`a deadline is in 0 ms or more, not ${ms}`)
  return (method, params, options = {}) => {
    const scope = currentScope()
    const own = new Deadline(ms, clock)
    const inherits = scope !== undefined && scope.deadline.left <= own.left
    const deadline = inherits ? scope.deadline : own
    if (deadline.left === 0) return Promise.reject(exceeded())
    const beside = besides(options, deadline)
    const signals = [options.signal, scope?.context.signal].filter((signal) => signal !== undefined)
    // At an inherited deadline the signal of the handler is aborted: for that no timer is needed here.
    const timed = inherits || deadline.never ? undefined : deadline
    if (!timed && signals.length < 2) return call(method, params, { ...beside, signal: signals[0] })
    return ending(signals, timed, (signal) => call(method, params, { ...beside, signal }))
  }
}

/** What is left is written when the request is, which may be late; and whoever gets it can be told of a cancel. */
function besides(options: CallOptions, deadline: Deadline): CallOptions {
  const { signal, extras, sent } = options
  return {
    signal,
    extras: deadline.never ? extras : () => withTimeout(extras?.(), deadline.timeoutMs),
    sent(peer, id) {
      cancels(peer)
      sent?.(peer, id)
    },
  }
}

function withTimeout(extras: Extras | undefined, timeoutMs: number): Extras {
  const least = Math.min(timeoutMs, extras?.meta?.timeoutMs ?? Infinity)
  return { ...extras, meta: { ...extras?.meta, timeoutMs: least } }
}
// #endregion

// #region ending
// One listener for each signal, however many calls share it.
const shared = new Signals<AbortController>((controller, reason) => controller.abort(reason))

/** Runs a call with a signal that any of these signals aborts, and the deadline. Leaves nothing behind. */
async function ending<T>(
  signals: readonly AbortSignal[],
  deadline: Deadline | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  // Aborted already, it would never say so again.
  for (const signal of signals) signal.throwIfAborted()
  const controller = new AbortController()
  for (const signal of signals) shared.watch(signal, controller)
  const stop = deadline?.after(() => controller.abort(exceeded()))
  try {
    return await run(controller.signal)
  } finally {
    stop?.()
    for (const signal of signals) shared.unwatch(signal, controller)
  }
}
// #endregion
