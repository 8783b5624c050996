import { isPromise, systemClock } from '@rpc-steps/async-await'
import type { Answer, Clock, Handler, RequestContext } from '@rpc-steps/async-await'
import { hasStream } from '@rpc-steps/streaming'
import { ServiceTime } from '@rpc-steps/task-queue'
import type { Queued } from '@rpc-steps/task-queue'
import { codes, RpcError } from '@rpc-steps/wire'
import { Admission } from './admission.ts'
import type { Outcome } from './admission.ts'
import type { Limit } from './limit.ts'

/** A handler that lets in as many requests as its limit says. */
export interface Limited extends Handler {
  readonly limit: Limit
  /** Requests whose handlers have not ended. */
  readonly inFlight: number
}

// #region limited
/**
 * Lets in as many requests as the limit says, which learns from what becomes of them. To who comes above
 * that it says -32029 at once, with `retryAfterMs`: about the time in which every place is free once. A queue that
 * drains says itself that nobody is to come back.
 */
export function limited(handler: Handler & Partial<Pick<Queued, 'draining'>>, limit: Limit, clock: Clock = systemClock): Limited {
  const admission = new Admission(limit, clock)
  const roundTrip = new ServiceTime()
  const take: Handler = (request, context) => {
    // A stream lasts as long as its reader likes, which says nothing of how quick we are: it passes by.
    if (handler.draining || hasStream(request.meta)) return handler(request, context)
    const leave = admission.enter()
    if (!leave) {
      const data = { status: 'RESOURCE_EXHAUSTED', retryAfterMs: roundTrip.of(1, 1) }
      throw new RpcError(codes.resourceExhausted, 'Too many requests', data)
    }
    const began = clock.now()
    const end = (outcome: Outcome) => {
      if (outcome === 'success') roundTrip.add(clock.now() - began)
      leave(outcome)
    }
    let answer: Answer | PromiseLike<Answer>
    try {
      answer = handler(request, context)
      if (!isPromise(answer)) {
        end(outcomeOfAnswer(context))
        return answer
      }
    } catch (error) {
      end(outcomeOfError(context, error))
      throw error
    }
    const settled = Promise.resolve(answer)
    settled.then(
      () => end(outcomeOfAnswer(context)),
      (error: unknown) => end(outcomeOfError(context, error)),
    )
    return settled
  }
  return Object.defineProperties(take, {
    limit: { value: limit },
    inFlight: { get: () => admission.inFlight },
  }) as Limited
}
// #endregion

/** The codes by which a server says that there is too much to do. */
const overloaded: readonly unknown[] = [codes.deadlineExceeded, codes.resourceExhausted, codes.unavailable]

// #region outcome
/** A handler that stops because its caller has gone, or its time is over, was not quick. */
function outcomeOfAnswer({ signal }: RequestContext): Outcome {
  return signal.aborted ? outcomeOf(signal.reason) : 'success'
}

function outcomeOfError({ signal }: RequestContext, error: unknown): Outcome {
  return outcomeOf(signal.aborted ? signal.reason : error)
}

/**
 * An error may come sooner than any answer, because nothing was done: taken for a success, it would make a
 * server that fails look like one that has room.
 */
function outcomeOf(error: unknown): Outcome {
  return error instanceof RpcError && overloaded.includes(error.code) ? 'dropped' : 'ignored'
}
// #endregion
