import { ContextAround, isPromise, Key } from '@rpc-steps/async-await'
import type { Call, Clock, Handler } from '@rpc-steps/async-await'
import { callWithin } from './calling.ts'
import { cancels } from './cancels.ts'
import { cancelled, Deadline, exceeded } from './deadline.ts'
import { Requests } from './requests.ts'
import { inScope } from './scope.ts'

const key = new Key<Deadline>('deadline')

// #region handle-within
/** See `deadlined`. */
export function handleWithin(handler: Handler, clock?: Clock): Handler {
  const run = inTime(handler)
  return (request, context) => {
    const { id, meta } = request
    // Behind another protocol there is no connection whose ids could be cancelled.
    const requests = context.peer ? cancels(context.peer) : new Requests()
    if (requests.take(id)) throw cancelled()
    // Counted from here: how long the request was on its way nobody knows.
    const deadline = new Deadline(meta?.timeoutMs ?? Infinity, clock)
    context.set(key, deadline)
    const answer = run(request, context)
    if (!isPromise(answer)) {
      requests.answered(id)
      return answer
    }
    const running = requests.begin(id, context, deadline)
    const settled = Promise.resolve(answer)
    settled.then(() => requests.ended(running), () => requests.ended(running))
    return settled
  }
}
// #endregion

// #region in-time
/**
 * Has the handler run if the deadline is not over, in the scope of its own request. To be put inside
 * of whatever makes requests wait: a timer that is due fires when the processor has time for it, and
 * until then a queue would serve who has expired in it.
 */
export function inTime(handler: Handler): Handler {
  return (request, context) => {
    const deadline = context.get(key)
    if (!deadline) return handler(request, context)
    if (deadline.left === 0) throw exceeded()
    return inScope({ deadline, context }, () => handler(request, new Inheriting(context)))
  }
}

/** The same context; the calls that are made with it inherit. */
class Inheriting extends ContextAround {
  override get call(): Call {
    return callWithin(this.inner.call, Infinity)
  }
}
// #endregion
