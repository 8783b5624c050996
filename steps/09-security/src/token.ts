import { createHash } from 'node:crypto'
import { errors, importSPKI, jwtVerify } from 'jose'
import type { Principal } from './principal.ts'

/** The one algorithm. What a token says of itself is not asked: RFC 8725, section 3.1. */
export const algorithm = 'ES256'
export const issuer = 'rpc-steps'
export const audience = 'rpc-steps'

/** Longer than any token of ours: nothing is computed for what is longer. */
const longest = 4096
/** Tokens that were found good and are remembered. */
const most = 1000

/** Why a token is none, for the audit; never for who has sent it. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
}

/** Finds out who a token speaks of. Rejects with TokenError. */
export type Verify = (token: string) => Promise<Principal> | Principal

// #region tokens
/**
 * Checks tokens, JSON Web Tokens of RFC 7519, against a public key as PEM: signature, issuer, audience and
 * time. Rejects with jose's errors if the key is none.
 */
export async function tokens(pem: string, today: () => number = Date.now): Promise<Verify> {
  const key = await importSPKI(pem, algorithm)
  const good = new Map<string, Principal>()
  /** Those that are being checked: who sends one a thousand times at once has it checked once. */
  const asked = new Map<string, Promise<Principal>>()
  return (token) => {
    if (token.length > longest) throw new TokenError(`longer than ${longest} characters`)
    // By its hash: the table is no list of secrets, and how long a search takes says nothing of what is in it.
    const hash = createHash('sha256').update(token).digest('base64')
    const principal = good.get(hash)
    if (principal && principal.until > today()) return principal
    good.delete(hash)
    const before = asked.get(hash)
    if (before) return before
    const checked = verify(token).finally(() => asked.delete(hash))
    asked.set(hash, checked)
    return checked.then((principal) => {
      if (good.size >= most) good.delete(good.keys().next().value!)
      good.set(hash, principal)
      return principal
    })
  }

  async function verify(token: string): Promise<Principal> {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [algorithm], issuer, audience, requiredClaims: ['exp', 'sub'], currentDate: new Date(today()),
      })
      if (typeof payload.sub !== 'string' || payload.sub === '') throw new TokenError('its subject is no name')
      return { name: payload.sub, by: 'token', until: payload.exp! * 1000 }
    } catch (error) {
      if (error instanceof errors.JOSEError) throw new TokenError(error.code)
      throw error
    }
  }
}
// #endregion
