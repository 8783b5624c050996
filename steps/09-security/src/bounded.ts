import { isPromise } from '@rpc-steps/async-await'
import type { Answer, Handler, Request, RequestContext } from '@rpc-steps/async-await'
import { codes, RpcError } from '@rpc-steps/wire'
import { visitor } from './admission.ts'
import type { Audit } from './audit.ts'

/** How much of one connection may be in flight. Infinity is no limit. */
export interface InFlightLimits {
  /** Requests, and notifications whose handlers have not ended. Default 1,024. */
  requests?: number
  /** Characters of the messages that they came in; one message may always come. Default 8 MiB. */
  size?: number
  audit?: Audit | undefined
}

// #region bounded
/** Refuses with -32029 what is too much for one connection, so that no one has the queue for themselves. Throws RangeError. */
export function bounded(handler: Handler, { requests = 1024, size = 8 * 1024 * 1024, audit }: InFlightLimits = {}): Handler {
  if (!(requests >= 1)) throw new RangeError(`requests must be 1 or more, not ${requests}`)
  if (!(size >= 0)) throw new RangeError(`size must be 0 or more, not ${size}`)
  const loads = new WeakMap<object, { requests: number; size: number }>()
  return (request, context) => {
    const connection = context.peer ?? context.get(visitor)
    if (!connection) return handler(request, context) // nobody has come in by it
    let load = loads.get(connection)
    if (!load) loads.set(connection, (load = { requests: 0, size: 0 }))
    // The further requests of a batch bring no characters: the first has them all.
    const tooLarge = load.requests > 0 && context.size > 0 && load.size + context.size > size
    if (load.requests >= requests || tooLarge) {
      audit?.refused('RESOURCE_EXHAUSTED', { context, request, why: 'too much in flight' })
      throw new RpcError(codes.resourceExhausted, 'Too many requests', { status: 'RESOURCE_EXHAUSTED' })
    }
    load.requests++
    load.size += context.size
    const done = () => {
      load.requests--
      load.size -= context.size
    }
    return ending(handler, request, context, done)
  }
}

/** Answers as the handler does. Calls `done` when that has ended, however it ends, and once. */
export function ending(handler: Handler, request: Request, context: RequestContext, done: () => void): Answer | Promise<Answer> {
  let answer
  try {
    answer = handler(request, context)
  } catch (error) {
    done()
    throw error
  }
  if (!isPromise(answer)) {
    done()
    return answer
  }
  const settled = Promise.resolve(answer)
  settled.then(done, done)
  return settled
}
// #endregion
