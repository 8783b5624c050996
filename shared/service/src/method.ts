import { codes, RpcError } from '@rpc-steps/wire'
import type { Json, Params } from '@rpc-steps/wire'

/** One call, its parameters checked: what is left is to wait, and then to run it. */
export interface Job<R extends Json | void = Json | void> {
  /** Milliseconds until the outside world has the answer; 0 when there is nothing to wait for. */
  readonly wait: number
  /** The answer. It takes no longer than the processor needs. Throws RpcError. */
  readonly run: () => R
}

/**
 * One method: how long the outside world takes, and what the answer is. How to wait is not said
 * here. That is the business of each step.
 */
export interface Method<P, R extends Json | void> {
  /** Checks what came over the wire. Throws RpcError -32602. */
  readonly prepare: (params: Params | null | undefined) => Job<R>
  /** Never there: it carries the type of the parameters to a typed client. */
  readonly params?: P
}

/** What a parameter must be. `of` says it in words, for the error. */
interface Kind<T> {
  readonly of: string
  readonly is: (value: unknown) => value is T
}

export const text: Kind<string> = { of: 'a string', is: (v) => typeof v === 'string' }
export const number: Kind<number> = { of: 'a number', is: (v) => typeof v === 'number' }
export const anything: Kind<Json | undefined> = { of: 'anything', is: (_): _ is Json => true }

/** A whole number in a range, so that nobody can ask for a year of waiting. */
export function whole(least: number, most: number): Kind<number> {
  const is = (v: unknown): v is number => Number.isInteger(v) && least <= Number(v) && Number(v) <= most
  return { of: `a whole number from ${least} to ${most}`, is }
}

type Kinds = Record<string, Kind<unknown>>
type Named<K extends Kinds> = Flat<
  { [N in keyof K as undefined extends Of<K[N]> ? never : N]: Of<K[N]> } & {
    [N in keyof K as undefined extends Of<K[N]> ? N : never]?: Of<K[N]>
  }
>
/** The same type, in the form in which an editor shows it best. */
type Flat<T> = { [N in keyof T]: T[N] }
type Of<K> = K extends Kind<infer T> ? T : never

/**
 * A method with named parameters; as an array they come in the order in which they are named
 * here (JSON-RPC 2.0, section 4.2).
 */
export function method<K extends Kinds, R extends Json | void>(
  kinds: K,
  run: (params: Named<K>) => R,
  wait: (params: Named<K>) => number = () => 0,
): Method<Named<K>, R> {
  const names = Object.keys(kinds)
  const prepare = (params: Params | null | undefined) => {
    const given = params ?? {}
    if (Array.isArray(given) && given.length > names.length) {
      throw invalid(`at most ${names.length} parameters (${names.join(', ')})`)
    }
    const list = Array.isArray(given)
    const named: Record<string, unknown> = list ? {} : given
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!
      const kind = kinds[name]!
      const value = list ? given[i] : given[name]
      if (!kind.is(value)) throw invalid(`"${name}" must be ${kind.of}`)
      if (list) named[name] = value
    }
    const checked = named as Named<K>
    return { wait: wait(checked), run() { return run(checked) } }
  }
  return { prepare }
}

/** A method that takes a list of numbers. */
export function listMethod<R extends Json | void>(run: (list: number[]) => R): Method<number[], R> {
  const prepare = (params: Params | null | undefined) => {
    const list = params ?? []
    if (!Array.isArray(list) || !list.every(number.is)) throw invalid('a list of numbers')
    return { wait: 0, run: () => run(list) }
  }
  return { prepare }
}

function invalid(expected: string): RpcError {
  return new RpcError(codes.invalidParams, 'Invalid params', expected)
}
