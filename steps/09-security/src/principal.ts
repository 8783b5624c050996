import { Key } from '@rpc-steps/async-await'
import type { Handler, RequestContext } from '@rpc-steps/async-await'
import { codes, RpcError } from '@rpc-steps/wire'
import type { Audit } from './audit.ts'

// #region principal
/** Who somebody is, once it is known. */
export interface Principal {
  readonly name: string
  /** What has shown it. */
  readonly by: 'certificate' | 'token' | 'process'
  /** Until when that can be relied on: milliseconds since 1970. */
  readonly until: number
}

/** On a connection: what its certificate says. On a request: who asks. */
export const known = new Key<Principal>('principal')

/** Who asks; undefined if nobody knows. */
export function principalOf(context: Pick<RequestContext, 'get'>): Principal | undefined {
  return context.get(known)
}
// #endregion

/** What everybody is told of whom nothing is known: one answer, whatever was wrong. */
export function unauthenticated(): RpcError {
  return new RpcError(codes.unauthenticated, 'Unauthenticated', { status: 'UNAUTHENTICATED' })
}

// #region identified
/** Adds to a handler the method `whoami`. Without a principal its answer is -32001. */
export function identified(handler: Handler, { audit }: { audit?: Audit | undefined } = {}): Handler {
  return (request, context) => {
    if (request.method !== 'whoami') return handler(request, context)
    const principal = principalOf(context)
    if (!principal) {
      audit?.refused('UNAUTHENTICATED', { context, request, why: 'nobody has said who they are' })
      throw unauthenticated()
    }
    return { name: principal.name, by: principal.by }
  }
}
// #endregion
