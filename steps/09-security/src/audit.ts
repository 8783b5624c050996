import { systemClock } from '@rpc-steps/async-await'
import type { Clock, Request, RequestContext } from '@rpc-steps/async-await'
import { visitor } from './admission.ts'
import { principalOf } from './principal.ts'

/** Lines a second; more would be a way to fill a disk. */
const most = 100
/** Characters that are kept of what somebody else has written. */
const longest = 64

/** What is known of a refusal. Why is for the audit alone: who is refused hears only the status. */
export interface Refusal {
  why: string
  /** `ADDRESS:PORT`, if there is no context. */
  from?: string
  context?: RequestContext
  request?: Request
}

/** Writes down what was refused. */
export interface Audit {
  /** `status` is what who was refused may know: the name of an error. */
  refused(status: string, refusal: Refusal): void
}

// #region audit
/**
 * Writes a line of JSON for each refusal, on stderr unless told otherwise: when, what, why, who, from where and
 * which method. Never what was asked beside it, and never a token.
 */
export function audit(write = (line: string) => console.error(line), clock: Clock = systemClock): Audit {
  let [second, lines, leftOut] = [-1, 0, 0]
  const print = (line: object) => write(plain(JSON.stringify({ time: new Date().toISOString(), ...line })))
  return {
    refused(status, { why, context, from = context?.get(visitor)?.from, request }) {
      const now = Math.floor(clock.now() / 1000)
      if (now !== second) {
        if (leftOut > 0) print({ leftOut })
        second = now
        lines = leftOut = 0
      }
      if (++lines > most) return void leftOut++
      const who = context && principalOf(context)?.name
      print({ refused: status, why, who: who?.slice(0, longest), from, method: request?.method.slice(0, longest) })
    },
  }
}
// #endregion

/** JSON leaves characters in a text that end lines for some, turn them around, or move the cursor of a terminal. */
const plain = (json: string) =>
  json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
