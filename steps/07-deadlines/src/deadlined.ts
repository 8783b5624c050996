import type { Call, Clock, Handler } from '@rpc-steps/async-await'
import { handleWithin } from './answering.ts'
import { callWithin } from './calling.ts'

// #region deadlined
/**
 * A call that waits for `ms` milliseconds at most, and no longer than the handler may that makes it.
 * It rejects with RpcError -32008 then, and whoever was asked is told. Throws RangeError.
 */
export function deadlined(call: Call, ms: number, clock?: Clock): Call
/**
 * A handler whose request ends when its deadline does: unrun if that is over already, else its signal
 * is aborted and the answer is -32008. It ends with -32800 when its caller cancels it.
 */
export function deadlined(handler: Handler, clock?: Clock): Handler
export function deadlined(inner: Call | Handler, ms?: number | Clock, clock?: Clock): Call | Handler {
  return typeof ms === 'number' ? callWithin(inner as Call, ms, clock) : handleWithin(inner as Handler, ms)
}

/** A call with no deadline of its own: what the handler may that makes it. */
export function inheriting(call: Call): Call {
  return callWithin(call, Infinity)
}
// #endregion
