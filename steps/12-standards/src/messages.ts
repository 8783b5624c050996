import protobuf from 'protobufjs'
import { isDeeper } from '@rpc-steps/wire'
import type { Json } from '@rpc-steps/wire'
import type { Contract } from './contract.ts'
import { protoNames, protoOf, typeName } from './proto.ts'
import type { ProtoNames } from './proto.ts'
import { rpcsOf } from './shapes.ts'
import type { Field, Message, Rpc, Shape } from './shapes.ts'

/** Bytes of one message, either way. */
export const mostMessage = 4 * 1024 * 1024

/** A value that cannot be a message, or bytes that are none. Says where and what; means no more than that. */
export class MessageError extends Error {
  override readonly name = 'MessageError'
  readonly code = 'ERR_MESSAGE'
}

/** One kind of message: JSON to bytes and back. Both throw MessageError. */
export interface Codec {
  write(value: Json): Buffer
  read(bytes: Uint8Array): Json
}

/** A method that can be called over gRPC. */
export interface Method extends Rpc {
  readonly path: string
  readonly requests: Codec
  readonly responses: Codec
}

/**
 * The methods of a contract, with what their messages are. They are written as the `.proto` says that we give to
 * others: it is read again for that. Throws TypeError.
 */
export function methodsOf(contract: Contract, names: ProtoNames = {}): Method[] {
  const { package: inPackage, service } = { ...protoNames, ...names }
  const root = parse(protoOf(contract, names))
  const codec = (shape: Shape) => codecOf(shape, root.lookupType(typeName(shape)))
  return rpcsOf(contract).map((rpc) => ({
    ...rpc, path: `/${inPackage}.${service}/${rpc.name}`, requests: codec(rpc.request), responses: codec(rpc.response),
  }))
}

/** Reads a `.proto` that imports only well-known types. */
export function parse(proto: string): protobuf.Root {
  const root = new protobuf.Root()
  for (const name of ['any', 'empty', 'struct']) root.addJSON(protobuf.common.get(`google/protobuf/${name}.proto`)!.nested!)
  protobuf.parse(proto, root, { keepCase: true })
  root.resolveAll()
  return root
}

export function codecOf(shape: Shape, type: protobuf.Type): Codec {
  return {
    write(value) {
      const message = toMessage(shape, value, '') as { [name: string]: unknown }
      return Buffer.from(type.encode(message).finish())
    },
    read(bytes) {
      let message
      try {
        message = type.decode(bytes)
      } catch (error) {
        throw new MessageError(`no ${type.name}: ${(error as Error).message}`)
      }
      return fromMessage(shape, message, '')
    },
  }
}

function toMessage(shape: Shape, value: Json, at: string): unknown {
  switch (shape.kind) {
    case 'message': return shape.wraps ? { [shape.fields[0]!.name]: toField(shape.fields[0]!, value, at) } : toFields(shape, value, at)
    case 'value': return toValue(shallow(value, at), at)
    case 'empty': return value === null ? {} : wrong(at, 'is not null')
    case 'string': return typeof value === 'string' ? wellFormed(value, at) : wrong(at, 'is no string')
    case 'bool': return typeof value === 'boolean' ? value : wrong(at, 'is no boolean')
    case 'double': return typeof value === 'number' ? value : wrong(at, 'is no number')
    case 'int32': return isInt32(value) ? value : wrong(at, 'is no integer of 32 bits')
    case 'int64': return Number.isSafeInteger(value) ? value : wrong(at, 'is no integer up to 2^53 - 1')
  }
}

function toFields(shape: Message, value: Json, at: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(at, 'is no object')
  const there = shape.fields.filter(({ name, rule }) => rule !== 'optional' || Object.hasOwn(value, name))
  return Object.fromEntries(there.map((field) => {
    const { name } = field
    if (!Object.hasOwn(value, name)) return wrong(inside(at, name), 'is missing')
    return [name, toField(field, value[name]!, inside(at, name))]
  }))
}

function toField({ rule, shape }: Field, value: Json, at: string): unknown {
  if (rule !== 'repeated') return toMessage(shape, value, at)
  if (!Array.isArray(value)) return wrong(at, 'is no list')
  return value.map((item, i) => toMessage(shape, item, inside(at, i)))
}

/** google.protobuf.Value, as struct.proto has it. */
function toValue(value: Json, at: string): unknown {
  if (value === null) return { nullValue: 0 }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') return { numberValue: value }
  if (typeof value === 'string') return { stringValue: wellFormed(value, at) }
  if (Array.isArray(value)) return { listValue: { values: value.map((item, i) => toValue(item, inside(at, i))) } }
  const fields = Object.entries(value).map(([name, member]) => [wellFormed(name, at), toValue(member, inside(at, name))])
  return { structValue: { fields: Object.fromEntries(fields) as object } }
}

// #region from-message
type Fields = Readonly<Record<string, unknown>>

function fromMessage(shape: Shape, read: unknown, at: string): Json {
  switch (shape.kind) {
    case 'message': return shape.wraps ? fromField(shape.fields[0]!, read as Fields, at) : fromFields(shape, read as Fields, at)
    case 'value': return fromValue(read as Fields, at)
    case 'empty': return null
    case 'double': return finite(read as number, at)
    case 'int64': return safe(String(read), at)
    case 'string': case 'bool': case 'int32': return read as Json
  }
}

function fromFields(shape: Message, read: Fields, at: string): Json {
  const there = shape.fields.filter(({ name, rule }) => rule !== 'optional' || Object.hasOwn(read, name))
  return Object.fromEntries(there.map((field) => [field.name, fromField(field, read, inside(at, field.name))]))
}

function fromField({ name, rule, shape }: Field, message: Fields, at: string): Json {
  const read = message[name]
  if (rule === 'repeated') return (read as unknown[]).map((item, i) => fromMessage(shape, item, inside(at, i)))
  // A number that is not there is 0, and a string empty: nobody can tell. Of a message it can be told.
  if ((shape.kind === 'message' || shape.kind === 'value') && !Object.hasOwn(message, name)) return wrong(at, 'is missing')
  return fromMessage(shape, read, at)
}

function fromValue(read: Fields, at: string): Json {
  if (Object.hasOwn(read, 'nullValue')) return null
  if (Object.hasOwn(read, 'boolValue')) return read['boolValue'] as boolean
  if (Object.hasOwn(read, 'numberValue')) return finite(read['numberValue'] as number, at)
  if (Object.hasOwn(read, 'stringValue')) return read['stringValue'] as string
  if (Object.hasOwn(read, 'listValue')) {
    return (read['listValue'] as { values: Fields[] }).values.map((item, i) => fromValue(item, inside(at, i)))
  }
  if (!Object.hasOwn(read, 'structValue')) return wrong(at, 'is a google.protobuf.Value without a value')
  const { fields } = read['structValue'] as { fields: Record<string, Fields> }
  return Object.fromEntries(Object.entries(fields).map(([name, member]) => [name, fromValue(member, inside(at, name))]))
}

/** JSON has neither NaN nor Infinity. */
function finite(read: number, at: string): number {
  return Number.isFinite(read) ? read : wrong(at, `is ${read}, which JSON cannot say`)
}

/** As text until it is known to fit: through a double, 2^53 + 1 would become its neighbour without a word. */
function safe(read: string, at: string): number {
  return Number.isSafeInteger(Number(read)) ? Number(read) : wrong(at, `is ${read}: beyond 2^53 - 1 JSON's numbers are not exact`)
}
// #endregion

/** Protobuf reads messages 100 deep, and one level of JSON is up to three of them. */
const deepest = 32

function shallow(value: Json, at: string): Json {
  return isDeeper(value, deepest) ? wrong(at, `is more than ${deepest} arrays and objects deep`) : value
}

function isInt32(value: Json): boolean {
  return Number.isInteger(value) && (Number(value) | 0) === value
}

/** JSON can say half of a surrogate pair, UTF-8 cannot. */
function wellFormed(value: string, at: string): string {
  return /\p{Surrogate}/u.test(value) ? wrong(at, 'has half of a surrogate pair, which UTF-8 cannot say') : value
}

function inside(at: string, name: string | number): string {
  return at === '' ? `${name}` : `${at}.${name}`
}

function wrong(at: string, what: string): never {
  throw new MessageError(at === '' ? `the value ${what}` : `"${at}" ${what}`)
}
