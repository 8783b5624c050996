import type { Call, CallOptions, Json, Params } from '@rpc-steps/async-await'
import { over } from '@rpc-steps/streaming'
import type { Items, Way } from '@rpc-steps/streaming'
import { codes, RpcError } from '@rpc-steps/wire'
import type { Contract, Entry } from './contract.ts'
import { checkedItems } from './items.ts'
import { check } from './schema.ts'
import type { Of, Schema } from './schema.ts'

/** The methods of a contract, to be called as if they were here. */
export type Typed<C extends Contract> = { readonly [M in keyof C]: Method<C[M]> }

/** What goes up is an option that must be there; all else may be left out where there is nothing to say. */
type Method<E> = E extends { up: infer U }
  ? (params: Given<E>, options: CallOptions & { up: AsyncIterable<Of<U>> | Iterable<Of<U>> }) => Back<E>
  : {} extends Given<E>
    ? (params?: Given<E>, options?: CallOptions) => Back<E>
    : (params: Given<E>, options?: CallOptions) => Back<E>

type Given<E> = E extends { params: infer P } ? Of<P> : never
type Back<E> = E extends { down: infer D } ? AsyncIterable<Of<D>> : E extends { result: infer R } ? Promise<Of<R>> : never

// #region typed
/**
 * `typed(remote, contract).say({ text })`, over whatever the remote speaks, or over a call of step 08. What comes back
 * is checked: an answer that is not what the contract says is an RpcError -32603, `from` here, and never a wrong value.
 */
export function typed<const C extends Contract>(remote: Way | Call, contract: C): Typed<C> {
  const way = typeof remote === 'function' ? over(remote) : remote
  // A function for each name, and no proxy: `await` asks for `then`, and that is no method of the service.
  const methods = Object.entries(contract).map(([method, entry]) => [method, calling(way, method, entry)])
  return Object.fromEntries(methods) as Typed<C>
}

function calling(way: Way, method: string, { result, up, down }: Entry) {
  return (params?: Params, { up: items, ...options }: CallOptions & { up?: Items } = {}) => {
    if (down) {
      const refuse = (wrong: string, at: number) => broken(method, `item ${at}: ${wrong}`)
      const pieces = way.stream(method, params, items ? { ...options, up: items } : options)
      return { [Symbol.asyncIterator]: () => checkedItems(pieces[Symbol.asyncIterator](), down, refuse) }
    }
    const answer = up ? way.upload(method, params, items!, options) : way.call(method, params, options)
    return answer.then((value) => (result ? checked(method, result, value) : value))
  }
}

function checked(method: string, schema: Schema, answer: Json): unknown {
  const { value, wrong } = check(schema, answer)
  if (wrong !== undefined) throw broken(method, wrong)
  return value
}
// #endregion

function broken(method: string, wrong: string): RpcError {
  return new RpcError(codes.internalError, `the answer to ${method} is not what the contract says: ${wrong}`)
}
