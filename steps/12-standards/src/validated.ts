import { ContextAround } from '@rpc-steps/async-await'
import type { Json, Key, Params, Request, RequestContext } from '@rpc-steps/async-await'
import { carrier } from '@rpc-steps/streaming'
import type { Carrier } from '@rpc-steps/streaming'
import { codes, RpcError } from '@rpc-steps/wire'
import type { Contract } from './contract.ts'
import { checkedItems } from './items.ts'
import { check, jsonSchema } from './schema.ts'
import type { Schema } from './schema.ts'

/** A request and its context; what comes of them is the handler's business. */
type Handling<A> = (request: Request, context: RequestContext) => A

// #region validated
/**
 * A handler that is called only with what the contract allows: by name, however it came, and as the schema
 * understands it. All else is -32602, and `data` says where it is wrong. What is streamed up is checked when it
 * is taken. Methods that the contract does not know are the handler's.
 *
 * To be put around the service, inside of guard, limit and queue: for strangers, and for what is refused or over,
 * nothing is checked. A check waits for nothing, so a request that is wrong gives its worker back at once.
 */
export function validated<A>(handler: Handling<A>, contract: Contract): Handling<A> {
  const checks = new Map(Object.entries(contract).map(([method, { params, up }]) => [method, { params, up, names: namesOf(params) }]))
  return (request, context) => {
    const checked = checks.get(request.method)
    if (!checked) return handler(request, context)
    const { value, wrong } = check(checked.params, named(request.params, checked.names))
    if (wrong !== undefined) throw invalid(wrong)
    const { up } = checked
    return handler({ ...request, params: value as Params }, up ? new Checking(context, up) : context)
  }
}
// #endregion

/** The names of the parameters in their order; undefined if they are a list. */
function namesOf(params: Schema): string[] | undefined {
  const { type, properties = {} } = jsonSchema(params)
  return type === 'array' ? undefined : Object.keys(properties as object)
}

/** Parameters that come as an array get the names in their order. JSON-RPC 2.0, section 4.2. */
function named(params: Params | null | undefined, names: readonly string[] | undefined): Params {
  if (!names) return params ?? []
  if (!Array.isArray(params)) return params ?? {}
  if (params.length > names.length) throw invalid(`at most ${names.length} parameters (${names.join(', ')})`)
  return Object.fromEntries(params.map((value, i) => [names[i]!, value]))
}

/** The same context, but what the caller streams is checked. */
class Checking extends ContextAround {
  readonly #up: Schema
  #carrier: Carrier | undefined

  constructor(inner: RequestContext, up: Schema) {
    super(inner)
    this.#up = up
  }

  override get<T>(key: Key<T>): T | undefined {
    if ((key as Key<unknown>) !== carrier) return super.get(key)
    return (this.#carrier ??= this.#checked(super.get(carrier))) as T | undefined
  }

  #checked(inner: Carrier | undefined): Carrier | undefined {
    if (!inner?.reader) return inner
    const refuse = (wrong: string, at: number) => invalid(`item ${at}: ${wrong}`)
    return { writer: inner.writer, reader: checkedItems(inner.reader, this.#up as Schema<Json>, refuse) }
  }
}

function invalid(wrong: string): RpcError {
  return new RpcError(codes.invalidParams, 'Invalid params', wrong)
}
