import { isPromise } from '@rpc-steps/async-await'
import type { Handler } from '@rpc-steps/async-await'
import { codes, RpcError } from '@rpc-steps/wire'
import type { Audit } from './audit.ts'
import { known, principalOf, unauthenticated } from './principal.ts'
import type { Principal } from './principal.ts'
import type { Verify } from './token.ts'
import { TokenError } from './token.ts'
import { visitor } from './admission.ts'

/** What authentication needs. */
export interface AuthenticationOptions {
  /** Without it, every token is a false one. */
  verify?: Verify | undefined
  audit?: Audit | undefined
  /** Milliseconds since 1970. */
  today?: () => number
}

// #region authenticated
/**
 * Finds out who asks, before anything is done for them: by `meta.token`, or by the certificate of the
 * connection. Who shows nothing goes on without a principal; who shows what is false, or over, gets -32001.
 */
export function authenticated(handler: Handler, options: AuthenticationOptions = {}): Handler {
  const { verify = noTokens, audit, today = Date.now } = options
  return (request, context) => {
    const { token } = request.meta ?? {}
    const refuse = (why: string) => {
      audit?.refused('UNAUTHENTICATED', { context, request, why })
      return unauthenticated()
    }
    const go = (principal: Principal) => {
      if (principal.until <= today()) throw refuse(`${principal.by} is over`)
      context.set(known, principal)
      // There may be no room for one more. Then their connection is ended, and nothing is done for them.
      if (context.get(visitor)?.isKnown() === false) throw new RpcError(codes.resourceExhausted, 'Too many connections')
      return handler(request, context)
    }
    if (token === undefined) {
      const own = principalOf(context)
      return own ? go(own) : handler(request, context)
    }
    const no = (error: unknown) => {
      throw error instanceof TokenError ? refuse(error.message) : error
    }
    let principal
    try {
      principal = verify(token)
    } catch (error) {
      return no(error)
    }
    if (!isPromise(principal)) return go(principal)
    return principal.then((principal) => {
      // Who has asked may have gone meanwhile. Who has sent a notification waits for nothing.
      if (request.id !== undefined) context.signal.throwIfAborted()
      return go(principal)
    }, no)
  }
}
// #endregion

const noTokens: Verify = () => {
  throw new TokenError('no tokens are known here')
}
