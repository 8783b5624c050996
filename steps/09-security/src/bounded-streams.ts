import type { Handler, RequestContext } from '@rpc-steps/async-await'
import { hasStream } from '@rpc-steps/streaming'
import { codes, RpcError } from '@rpc-steps/wire'
import { visitor } from './admission.ts'
import type { Audit } from './audit.ts'
import { ending } from './bounded.ts'
import { principalOf } from './principal.ts'

/** How many streams one caller may have in flight. Infinity is no limit. */
export interface StreamLimits {
  /** Requests of which a way is a stream, whether they run or wait for it. Default 8: half of the usual workers. */
  streams?: number | undefined
  audit?: Audit | undefined
}

// #region bounded-streams
/**
 * Refuses with -32029 the streams that are too many for one caller, on however many connections. A stream that waits
 * for credit or items keeps its worker, and only its caller can end that. With fewer streams than there are workers,
 * no caller can keep all of them. To be put behind `authenticated`. Throws RangeError.
 */
export function boundedStreams(handler: Handler, { streams = 8, audit }: StreamLimits = {}): Handler {
  if (!(streams >= 1)) throw new RangeError(`streams must be 1 or more, not ${streams}`)
  const counts = new Map<unknown, number>()
  return (request, context) => {
    if (request.id === undefined || !hasStream(request.meta)) return handler(request, context)
    const caller = callerOf(context)
    if (caller === undefined) return handler(request, context)
    const count = counts.get(caller) ?? 0
    if (count >= streams) {
      audit?.refused('RESOURCE_EXHAUSTED', { context, request, why: 'too many streams' })
      throw new RpcError(codes.resourceExhausted, 'Too many streams', { status: 'RESOURCE_EXHAUSTED' })
    }
    counts.set(caller, count + 1)
    return ending(handler, request, context, () => {
      const others = counts.get(caller)! - 1
      if (others > 0) counts.set(caller, others)
      else counts.delete(caller)
    })
  }
}

/** By name; of whom no name is known, by address, whatever they speak. Undefined for what nobody has sent. */
function callerOf(context: RequestContext): unknown {
  const principal = principalOf(context)
  if (principal) return `name ${principal.name}`
  const from = context.get(visitor)
  return from ? `address ${from.address}` : context.peer
}
// #endregion
