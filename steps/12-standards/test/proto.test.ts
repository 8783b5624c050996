import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { check, contract, protoOf } from '../src/index.ts'
import type { Contract, Schema } from '../src/index.ts'
import { MessageError, methodsOf } from '../src/messages.ts'
import type { Method } from '../src/messages.ts'
import type { Field, Shape } from '../src/shapes.ts'
import { serviceOf } from './descriptors.ts'

/** A contract of one method. */
const one = (params: Schema, result: Schema = z.null()): Contract => ({ m: { says: 'M.', params, result } })
const method = (params: Schema, result?: Schema): Method => methodsOf(one(params, result))[0]!
/** What its message looks like, without what stands around it. */
const message = (schema: Schema, name = 'MRequest') => new RegExp(`message ${name} \\{[^}]*\\}`).exec(protoOf(one(schema)))?.[0].replaceAll(/\s+/g, ' ')

const more: Contract = {
  nested: {
    says: 'All that the contract has not.',
    params: z.object({
      maybe: z.int().optional(), flag: z.boolean(), list: z.array(z.int()).optional(), rows: z.array(z.array(z.object({ s: z.string() }))),
      inner: z.object({ none: z.null(), deep: z.object({ any: z.unknown() }) }).optional(), mixed: z.record(z.string(), z.union([z.string(), z.number()])),
    }),
    result: z.array(z.tuple([z.string(), z.int()])),
  },
}

describe('the .proto', () => {
  test('numbers the fields in the order of the contract', () => {
    expect(message(z.object({ b: z.string(), a: z.number(), c: z.boolean() }))).toBe('message MRequest { string b = 1; double a = 2; bool c = 3; }')
  })

  test('an integer of which it is known that it fits has 32 bits, any other 64', () => {
    const integers = z.object({
      least: z.int().min(-(2 ** 31)).max(2 ** 31 - 1), more: z.int().min(0).max(2 ** 31), less: z.int().min(-(2 ** 31) - 1).max(0), any: z.int(),
    })
    expect(message(integers)).toBe('message MRequest { int32 least = 1; int64 more = 2; int64 less = 3; int64 any = 4; }')
  })

  test('what may be missing is optional, a list is repeated, and a list that may be missing is wrapped', () => {
    const schema = z.object({ a: z.string().optional(), b: z.array(z.string()), c: z.array(z.string()).optional() })
    expect(message(schema)).toBe('message MRequest { optional string a = 1; repeated string b = 2; optional MRequestC c = 3; }')
    expect(message(schema, 'MRequestC')).toBe('message MRequestC { repeated string values = 1; }')
  })

  test('an object inside has a message of its own, and so has a list inside of a list', () => {
    const schema = z.object({ at: z.object({ x: z.number() }), rows: z.array(z.array(z.number())), many: z.array(z.object({ y: z.string() })) })
    expect(message(schema)).toBe('message MRequest { MRequestAt at = 1; repeated MRequestRowsItem rows = 2; repeated MRequestManyItem many = 3; }')
    expect(message(schema, 'MRequestAt')).toBe('message MRequestAt { double x = 1; }')
    expect(message(schema, 'MRequestRowsItem')).toBe('message MRequestRowsItem { repeated double values = 1; }')
  })

  test('what has no shape of its own is any value', () => {
    const schema = z.object({ a: z.unknown(), b: z.tuple([z.string(), z.number()]), c: z.union([z.string(), z.number()]), d: z.record(z.string(), z.number()) })
    expect(message(schema)).toMatch(/^message MRequest \{( (optional )?google.protobuf.Value [abcd] = \d;){4} \}$/)
  })

  test.each([
    ['a name with a dash', { 'a-b': { says: '', params: z.object({}), result: z.null() } }, 'no name "a-b"'],
    ['a member that is none', one(z.object({ __proto__: z.string(), 'x y': z.string() })), 'no name "x y"'],
    ['two of one name', { 'a_b': contract.say, 'aB': contract.say }, 'two things of the contract would be called ABRequest'],
    ['parameters beside a stream', { up: { says: '', params: z.object({ x: z.string() }), up: z.number(), result: z.null() } }, 'no parameters beside it'],
    ['no answer', { m: { says: '', params: z.object({}) } }, 'neither "result" nor "down"'],
  ])('%s is refused', (_, contract, why) => {
    expect(() => protoOf(contract)).toThrow(why)
  })
})

const protoc = spawnSync('protoc', ['--version']).status === 0

describe('foreign tools read it', () => {
  // Where it is missing the build must not pass.
  test.skipIf(!protoc && !process.env['CI'])("protoc, Google's own", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rpc-steps-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    await writeFile(join(folder, 'service.proto'), protoOf({ ...contract, ...more }))
    const { status, stderr } = spawnSync('protoc', ['--proto_path', folder, '--descriptor_set_out', join(folder, 'set'), 'service.proto'], { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  test('protobufjs', () => {
    const root = new protobuf.Root()
    protobuf.parse(protoOf(contract), root)
    const service = root.lookupService('rpcsteps.v1.Service')
    expect(service.methodsArray.map(({ name, requestStream = false, responseStream = false }) => [name, requestStream, responseStream])).toEqual(
      methodsOf(contract).map(({ name, entry }) => [name, entry.up !== undefined, entry.down !== undefined]),
    )
  })

  test('@bufbuild/protobuf', () => {
    const { methods } = serviceOf(protoOf(contract))
    expect(methods.map(({ name }) => name)).toEqual(methodsOf(contract).map(({ name }) => name))
    expect(methods.find(({ name }) => name === 'Fail')!.input.fields.map(({ name, number, message }) => [name, number, message?.typeName])).toEqual([
      ['code', 1, 'google.protobuf.Value'], ['message', 2, 'google.protobuf.Value'], ['data', 3, 'google.protobuf.Value'],
    ])
  })
})

const text = fc.string({ unit: 'binary' }) // whole code points
const number = fc.double({ noNaN: true, noDefaultInfinity: true })
const json = fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' })

/** Values that a shape has room for; most of them the contract lets through. */
function valueOf(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'string': return text
    case 'double': return number
    case 'bool': return fc.boolean()
    case 'int32': return fc.oneof(fc.nat(60_000), fc.integer())
    case 'int64': return fc.maxSafeInteger()
    // Beside any: what is let through where the contract has a pair, and where it has names with texts or numbers.
    case 'value': return fc.oneof(json, fc.tuple(text, fc.maxSafeInteger()), fc.dictionary(text, fc.oneof(text, number)))
    case 'empty': return fc.constant(null)
    case 'message': return shape.wraps ? valueOfField(shape.fields[0]!) : objectOf(shape.fields)
  }
}

function objectOf(fields: readonly Field[]): fc.Arbitrary<unknown> {
  const members = Object.fromEntries(fields.map((field) => [field.name, valueOfField(field)]))
  return fc.record(members, { requiredKeys: fields.filter(({ rule }) => rule !== 'optional').map(({ name }) => name), noNullPrototype: true })
}

function valueOfField({ shape, rule }: Field): fc.Arbitrary<unknown> {
  return rule === 'repeated' ? fc.array(valueOf(shape)) : valueOf(shape)
}

/** Nothing that `JSON.stringify` would leave out, or change. */
function hasOnlyJson(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).every(hasOnlyJson)
  return value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value)
}

describe('what the contract lets through survives as a message', () => {
  const cases = [...methodsOf(contract), ...methodsOf(more)].flatMap((method) => {
    const { entry } = method
    return [
      [`${method.method}, what comes`, entry.up ?? entry.params, method.request, method.requests],
      [`${method.method}, what is answered`, entry.down ?? entry.result!, method.response, method.responses],
    ] as const
  })

  test.each(cases)('%s', (_, schema, shape, codec) => {
    let through = 0
    fc.assert(fc.property(valueOf(shape), (value) => {
      const json = JSON.parse(JSON.stringify(value)) as never
      if (check(schema, json).wrong !== undefined) return
      through++
      expect(codec.read(codec.write(json))).toEqual(json)
    }))
    expect(through).toBeGreaterThan(0)
  })

  test('whatever bytes come: they are read, or refused with a reason', () => {
    const codecs = [...methodsOf(contract), ...methodsOf(more)].map(({ requests }) => requests)
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(...codecs), (bytes, codec) => {
      let read
      try {
        read = codec.read(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(MessageError)
        return
      }
      expect(hasOnlyJson(read)).toBe(true)
    }), { numRuns: 1000 })
  })
})

describe('what protobuf and JSON do not have in common', () => {
  const any = method(z.object({ n: z.int(), x: z.number(), v: z.unknown() }))
  const type = (proto: string) => protobuf.parse(proto, { keepCase: true }).root.lookupType('M')
  /** Written by somebody else, who has these types. */
  const bytes = (fields: string, value: object) => {
    const wide = type(`syntax = "proto3"; message V { double d = 2; } message M { ${fields} }`)
    return wide.encode(wide.fromObject(value)).finish()
  }
  const v = { v: { d: 1 } }

  test.each(['9007199254740992', '-9007199254740993', '9223372036854775807'])('the integer %s is refused, and not rounded', (n) => {
    expect(() => any.requests.read(bytes('int64 n = 1; V v = 3;', { n, ...v }))).toThrow(`"n" is ${n}: beyond 2^53 - 1 JSON's numbers are not exact`)
  })

  test.each(['9007199254740991', '-9007199254740991'])('%s is exact', (n) => {
    expect(any.requests.read(bytes('int64 n = 1; V v = 3;', { n, ...v }))).toMatchObject({ n: Number(n) })
  })

  test.each([NaN, Infinity, -Infinity])('%d is no number of JSON', (x) => {
    expect(() => any.requests.read(bytes('double x = 2; V v = 3;', { x, ...v }))).toThrow(`"x" is ${x}, which JSON cannot say`)
    expect(() => any.requests.read(bytes('V v = 3;', { v: { d: x } }))).toThrow(`"v" is ${x}`)
  })

  test('a number that is missing is 0, and a text empty; what is optional can be told to be missing', () => {
    const nothing = Buffer.alloc(0)
    expect(method(z.object({ a: z.number(), b: z.string(), c: z.boolean(), d: z.array(z.string()) })).requests.read(nothing)).toEqual({ a: 0, b: '', c: false, d: [] })
    expect(method(z.object({ a: z.number().optional(), b: z.array(z.string()).optional() })).requests.read(nothing)).toEqual({})
    expect(method(z.object({ a: z.number().optional() })).requests.read(bytes('optional double a = 1;', { a: 0 }))).toEqual({ a: 0 })
  })

  test('an object or a value that is missing can be told, too', () => {
    expect(() => method(z.object({ at: z.object({}) })).requests.read(Buffer.alloc(0))).toThrow('"at" is missing')
    expect(() => any.requests.read(Buffer.alloc(0))).toThrow('"v" is missing')
    expect(() => any.requests.read(bytes('V v = 3;', { v: {} }))).toThrow('"v" is a google.protobuf.Value without a value')
  })

  test('half of a surrogate pair cannot be sent', () => {
    expect(() => method(z.object({ s: z.string() })).requests.write({ s: '\ud800' })).toThrow('"s" has half of a surrogate pair')
    expect(() => any.requests.write({ n: 0, x: 0, v: { '\udfff': 1 } })).toThrow('"v" has half of a surrogate pair')
  })

  test('a value is 32 deep, and no more', () => {
    const deep = (levels: number): never => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as never
    const { requests } = methodsOf({ m: { says: '', params: z.unknown(), result: z.null() } })[0]!
    expect(requests.read(requests.write(deep(32)))).toEqual(deep(32))
    expect(() => requests.write(deep(33))).toThrow('more than 32 arrays and objects deep')
  })

  test('__proto__ is a name like any other', () => {
    const { requests } = methodsOf({ m: { says: '', params: z.unknown(), result: z.null() } })[0]!
    const json = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}') as never
    expect(JSON.stringify(requests.read(requests.write(json)))).toBe('{"__proto__":{"x":1},"constructor":2}')
  })

  test.each([
    [{ n: 1.5, x: 0, v: null }, '"n" is no integer'], [{ n: 2 ** 53, x: 0, v: null }, '"n" is no integer'], [{ n: 1, v: null }, '"x" is missing'],
    [{ n: 1, x: 'y', v: null }, '"x" is no number'], [[], 'the value is no object'],
  ])('what is no such message is not sent: %j', (value, why) => {
    expect(() => any.requests.write(value as never)).toThrow(why)
  })
})
