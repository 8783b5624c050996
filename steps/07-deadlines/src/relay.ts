import type { Call, Handler } from '@rpc-steps/async-await'
import { anything, method, text } from '@rpc-steps/service'
import { trace } from '@rpc-steps/trace'
import { codes, DisconnectedError, RpcError } from '@rpc-steps/wire'
import type { Json, Params } from '@rpc-steps/wire'

const relay = method({ method: text, params: anything }, ({ method, params = null }) => ({ method, params }))

// #region relaying
/**
 * Adds `relay {method, params}` to a handler: what another server answers. That its caller has a
 * deadline, or has gone, is not said here: the call inherits it.
 */
export function relaying(handler: Handler, call: Call): Handler {
  return (request, context) => {
    if (request.method !== 'relay') return handler(request, context)
    const { method, params } = relay.prepare(request.params).run()
    const asked = trace.because(context.label, request.id, () => call(method, asParams(params)))
    return asked.catch((error: unknown) => {
      if (!(error instanceof DisconnectedError)) throw error
      // Unavailable says that it has not run, so that it may be tried again. Once it was sent, nobody knows.
      if (error.sent) throw new RpcError(codes.internalError, 'The server behind this one has gone in the middle')
      throw new RpcError(codes.unavailable, 'The server behind this one has gone', { status: 'UNAVAILABLE' })
    })
  }
}
// #endregion

function asParams(params: Json): Params | undefined {
  if (params === null) return undefined
  if (typeof params === 'object') return params
  throw new RpcError(codes.invalidParams, 'Invalid params', '"params" must be an array or an object')
}
