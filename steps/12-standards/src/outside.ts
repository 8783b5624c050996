import { Context } from '@rpc-steps/async-await'
import type { Answer, Handler, Request } from '@rpc-steps/async-await'
import { introduce } from '@rpc-steps/security'
import type { Guest } from '@rpc-steps/security'
import { carrier } from '@rpc-steps/streaming'
import type { Carrier } from '@rpc-steps/streaming'

/** What an adapter knows of a request beside it. */
export interface From {
  guest: Guest
  /** Names the connection in a trace: the client's port. */
  label?: number
  /** Characters of the message that it came in. */
  size?: number
  /** What carries its streams, if it has any; its request has `meta.credit` or `meta.stream` then, so that filters know. */
  carrier?: Carrier | undefined
}

/** A request that runs. */
export interface Running {
  /** What comes of it: once, whatever ends it. */
  readonly answer: Promise<Answer>
  /** Nobody waits for it any more: ends it. */
  abort(reason: Error): void
}

// #region outside
/**
 * Has a request run that came by another protocol, with everything that stands in front of the handler. For
 * that it needs no peer: a context is enough, and whose it is.
 */
export function run(handler: Handler, request: Request, { guest, label, size, carrier: carried }: From): Running {
  const context = new Context({ label, size })
  introduce(context, guest)
  if (carried) context.set(carrier, carried)
  const answer = new Promise<Answer>((resolve, reject) => {
    // A deadline ends a request whose handler does not stop.
    context.onAbort = reject
    void (async () => handler(request, context))().then(resolve, reject)
  })
  answer.catch(() => {}) // who has gone is told nothing
  return { answer, abort: (reason) => context.abort(reason) }
}
// #endregion
