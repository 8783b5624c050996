import { createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Handler } from '@rpc-steps/async-await'
import { authenticated } from './authenticated.ts'
import { authorised } from './authorised.ts'
import { bounded } from './bounded.ts'
import type { InFlightLimits } from './bounded.ts'
import { boundedStreams } from './bounded-streams.ts'
import type { StreamLimits } from './bounded-streams.ts'
import { checked, readCredentials } from './credentials.ts'
import type { Credentials } from './credentials.ts'
import { PolicyError, readPolicy } from './policy.ts'
import type { Policy } from './policy.ts'
import { identified } from './principal.ts'
import { tokens } from './token.ts'
import type { Verify } from './token.ts'

/** Whom a server believes, and who may do what. */
export interface Guard {
  credentials: Credentials
  verify: Verify
  policy: Policy
}

// #region guarded
/** How much of the server one connection, and one caller, may have. */
export interface Limits extends InFlightLimits, StreamLimits {}

/**
 * What is checked of a request, and in which order: how much this connection has in flight already, who asks, how many
 * streams they have, whether they may, and only then what they want. Without a guard everybody may call everything,
 * but nobody passes for somebody.
 */
export function guarded(handler: Handler, guard: (() => Guard) | undefined, { audit, streams, ...limits }: Limits = {}): Handler {
  const served = identified(handler, { audit })
  const allowed = guard ? authorised(served, () => guard().policy, { audit }) : served
  const verify = guard && ((token: string) => guard().verify(token))
  return bounded(authenticated(boundedStreams(allowed, { streams, audit }), { verify, audit }), { ...limits, audit })
}
// #endregion

/** Whoever is known may call everything. */
const everything: Policy = [{ who: '*', methods: ['*'] }]

// #region read-guard
/** Reads all of it from a folder, as the program `certificates` fills it, and from the file of a policy. Rejects if one is wrong. */
export async function readGuard(folder: string, policy?: string): Promise<Guard> {
  const [credentials, key, text] = await Promise.all([
    readCredentials(folder, 'server'),
    readFile(join(folder, 'tokens.pem'), 'utf8'),
    policy === undefined ? undefined : readFile(policy, 'utf8'),
  ])
  checked(join(folder, 'tokens.pem'), () => createPublicKey(key))
  const verify = await tokens(key)
  try {
    return { credentials, verify, policy: text === undefined ? everything : readPolicy(text) }
  } catch (error) {
    throw error instanceof PolicyError ? new PolicyError(`${policy}: ${error.message}`) : error
  }
}
// #endregion

/** Somebody of whom nothing is known may call something. */
export function isOpen(policy: Policy): boolean {
  return policy.some(({ who }) => who === 'anybody')
}
