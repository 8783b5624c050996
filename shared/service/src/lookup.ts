import { codes, RpcError } from '@rpc-steps/wire'
import type { Json, Request } from '@rpc-steps/wire'
import type { Job, Method } from './method.ts'
import { service } from './service.ts'

// A Map, because on an object `constructor` and `__proto__` would be found, and be methods.
const methods = new Map<string, Method<unknown, Json | void>>(Object.entries(service))

/** Finds the method of a request and checks its parameters. Throws RpcError -32601 or -32602. */
export function lookup({ method, params }: Request): Job {
  const found = methods.get(method)
  if (!found) throw new RpcError(codes.methodNotFound, 'Method not found')
  return found.prepare(params)
}
