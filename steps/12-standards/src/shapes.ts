import type { Json } from '@rpc-steps/async-await'
import type { Contract, Entry } from './contract.ts'
import { jsonSchema } from './schema.ts'
import type { Schema } from './schema.ts'

/** What protobuf makes of a JSON value. `value` and `empty` are the well-known google.protobuf.Value and Empty. */
export type Shape = Scalar | { readonly kind: 'value' | 'empty' } | Message

export interface Scalar {
  readonly kind: 'string' | 'double' | 'int32' | 'int64' | 'bool'
}

/** A message of ours. One that *wraps* says what is no message by itself: its only field is the whole value. */
export interface Message {
  readonly kind: 'message'
  readonly name: string
  readonly fields: readonly Field[]
  readonly wraps: boolean
}

export interface Field {
  readonly name: string
  readonly shape: Shape
  readonly rule: 'one' | 'optional' | 'repeated'
}

/** A method of the contract as gRPC has it. */
export interface Rpc {
  /** In the contract. */
  readonly method: string
  /** In the `.proto`. */
  readonly name: string
  readonly entry: Entry
  readonly request: Shape
  readonly response: Shape
}

type JsonSchema = Readonly<Record<string, Json>>

/** The shapes of a contract. Throws TypeError where protobuf has none. */
export function rpcsOf(contract: Contract): Rpc[] {
  const taken = new Set<string>()
  return Object.entries(contract).map(([method, entry]) => {
    const name = pascal(named(method))
    const { params, up, down, result } = entry
    if (up && Object.keys((jsonSchema(params)['properties'] ?? {}) as object).length > 0) {
      throw new TypeError(`${method}: gRPC has one stream up and no parameters beside it; take them out of the contract`)
    }
    const shape = (schema: Schema, suffix: string) => whole(jsonSchema(schema), claim(name + suffix, taken), taken)
    const answer = down ?? result
    if (!answer) throw new TypeError(`${method}: the contract says neither "result" nor "down"`)
    return { method, name, entry, request: shape(up ?? params, 'Request'), response: shape(answer, 'Response') }
  })
}

/** What is sent by itself must be a message: anything else is wrapped in one. */
function whole(schema: JsonSchema, name: string, taken: Set<string>): Shape {
  const list = listOf(schema, name, taken)
  if (list) return list
  const shape = shapeOf(schema, name, taken)
  if (shape.kind === 'message' || shape.kind === 'value' || shape.kind === 'empty') return shape
  return { kind: 'message', name, wraps: true, fields: [{ name: 'value', shape, rule: 'one' }] }
}

function shapeOf(schema: JsonSchema, name: string, taken: Set<string>): Shape {
  const { type, minimum, maximum } = schema
  if (type === 'string') return { kind: 'string' }
  if (type === 'number') return { kind: 'double' }
  if (type === 'boolean') return { kind: 'bool' }
  if (type === 'null') return { kind: 'empty' }
  if (type === 'integer') {
    return { kind: Number(minimum ?? -Infinity) >= -(2 ** 31) && Number(maximum ?? Infinity) < 2 ** 31 ? 'int32' : 'int64' }
  }
  // What may have any members, or be one thing or another, has no message: it goes as JSON does.
  if (type !== 'object' || schema['additionalProperties'] || !schema['properties']) return { kind: 'value' }
  const required = (schema['required'] ?? []) as string[]
  const fields = Object.entries(schema['properties'] as Record<string, JsonSchema>).map(([member, schema]): Field => {
    const inner = name + pascal(named(member))
    // A repeated field cannot be absent: a list that can is wrapped.
    if (required.includes(member) && isList(schema)) return { name: member, shape: itemOf(schema, inner, taken), rule: 'repeated' }
    return { name: member, shape: inside(schema, inner, taken), rule: required.includes(member) ? 'one' : 'optional' }
  })
  return { kind: 'message', name, wraps: false, fields }
}

/** Of a member or an item: what needs a name of its own gets it here. */
function inside(schema: JsonSchema, name: string, taken: Set<string>): Shape {
  if (schema['type'] === 'object' || isList(schema)) claim(name, taken)
  return listOf(schema, name, taken) ?? shapeOf(schema, name, taken)
}

function listOf(schema: JsonSchema, name: string, taken: Set<string>): Message | undefined {
  if (!isList(schema)) return undefined
  return { kind: 'message', name, wraps: true, fields: [{ name: 'values', shape: itemOf(schema, name, taken), rule: 'repeated' }] }
}

function itemOf(schema: JsonSchema, name: string, taken: Set<string>): Shape {
  return inside(schema['items'] as JsonSchema, `${name}Item`, taken)
}

/** Any number of the same. A tuple is none: protobuf would lose which is which. */
function isList({ type, items }: JsonSchema): boolean {
  return type === 'array' && typeof items === 'object' && !Array.isArray(items)
}

function named(name: string): string {
  if (/^[a-z][a-z\d]*(_[a-z\d]+)*$/i.test(name)) return name
  throw new TypeError(`protobuf has no name "${name}": use letters, digits and single _ between them`)
}

/** `get_data` is `GetData`, by protobuf's style guide. */
function pascal(name: string): string {
  return name.replace(/(?:^|_)([a-z\d])/gi, (_, letter: string) => letter.toUpperCase())
}

function claim(name: string, taken: Set<string>): string {
  if (taken.has(name)) throw new TypeError(`two things of the contract would be called ${name} in protobuf: rename one`)
  taken.add(name)
  return name
}
