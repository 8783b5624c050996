import { randomUUID } from 'node:crypto'
import type { Call, Extras } from '@rpc-steps/async-await'
import { hasStream } from '@rpc-steps/streaming'
import type { Idempotent } from './tries.ts'

// #region keyed
/**
 * A call that sends a key of its own beside each request, the same in all its tries, so that a server with
 * `idempotent` runs it once. To be put around what tries again. Streams get none: they cannot be answered twice.
 */
export function keyed(call: Call, key: () => string = randomUUID): Call {
  return (method, params, options = {}) => {
    const idempotencyKey = key()
    const extras = (): Extras => {
      const given = options.extras?.()
      if (given && hasStream(given.meta)) return given
      return { ...given, meta: { idempotencyKey, ...given?.meta } }
    }
    return call(method, params, { ...options, extras })
  }
}

/** For what may be tried again: what has a key. Only where one server is asked, or all of them share what they know. */
export const hasKey: Idempotent = (_, { idempotencyKey }) => idempotencyKey !== undefined
// #endregion
