import { answer, Context } from '@rpc-steps/async-await'
import type { Json, Params, RequestContext } from '@rpc-steps/async-await'
import { service } from '@rpc-steps/service'
import { carrier, streaming } from '@rpc-steps/streaming'
import { codes, RpcError } from '@rpc-steps/wire'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { contract, contracted, jsonSchema, openRpc, typed, validated } from '../src/index.ts'
import type { Contract } from '../src/index.ts'

const request = (method: string, params?: Params | null) => ({ jsonrpc: '2.0', method, id: 1, ...(params !== undefined && { params }) }) as const

/** What is thrown, or undefined. */
function thrown(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

/** What the handler behind the checks was given. */
function given(by: Contract, method: string, params?: Params | null): Json | undefined {
  let seen: Json | undefined
  const handler = validated((request) => void (seen = request.params ?? null), by)
  handler(request(method, params), new Context())
  return seen
}

const wrongIn = (by: Contract, method: string, params?: Params | null) => {
  const error = thrown(() => given(by, method, params))
  expect(error).toBeInstanceOf(RpcError)
  const { code, message, data } = error as RpcError
  expect({ code, message }).toEqual({ code: codes.invalidParams, message: 'Invalid params' })
  return data
}

/** The same two methods, as another library says it. */
const byValibot = {
  say: {
    says: 'Says it back.',
    params: toStandardJsonSchema(v.object({ text: v.string() })),
    result: toStandardJsonSchema(v.string()),
  },
  add: {
    says: 'Adds two numbers.',
    params: toStandardJsonSchema(v.object({ a: v.number(), b: v.number() })),
    result: toStandardJsonSchema(v.number()),
  },
} satisfies Contract

describe.each<[string, Contract]>([['zod', contract], ['valibot', byValibot]])('by a contract in %s', (_, by) => {
  test.each<[string, Params, Json]>([
    ['say', { text: 'a' }, { text: 'a' }],
    ['say', ['a'], { text: 'a' }],
    ['add', [1, 2.5], { a: 1, b: 2.5 }],
    // Names that it does not know are passed over, as the service does.
    ['add', { a: 1, b: 2, c: 3 }, { a: 1, b: 2 }],
  ])('%s %j comes by name', (method, params, expected) => {
    expect(given(by, method, params)).toEqual(expected)
  })

  test.each<[string, Params | null | undefined, RegExp]>([
    ['say', undefined, /^"text": .*(undefined|"text")/],
    ['say', null, /^"text": /],
    ['say', [], /^"text": /],
    ['say', { text: 5 }, /^"text": .*(number|5)/],
    ['say', ['a', 'b'], /^at most 1 parameters \(text\)$/],
    ['add', [1, '2'], /^"b": /],
    ['add', { a: 1 }, /^"b": /],
    ['add', [1, [2]], /^"b": /],
  ])('%s %j is refused, and it says where', (method, params, expected) => {
    expect(wrongIn(by, method, params)).toMatch(expected)
  })

  test('other methods are the handler\'s', () => {
    expect(given(by, 'nowhere', ['x'])).toEqual(['x'])
    expect(given(by, 'constructor', [1])).toEqual([1])
  })
})

test('a list is a list', () => {
  expect(given(contract, 'sum', [1, 2])).toEqual([1, 2])
  expect(given(contract, 'sum')).toEqual([])
  expect(wrongIn(contract, 'sum', [1, 'x'])).toMatch(/^"1": .*number/)
  expect(wrongIn(contract, 'sum', { a: 1 })).toMatch(/array/)
})

test('a schema that has to wait is a mistake of the program', () => {
  const slow = { x: { says: '', params: toStandardJsonSchema(v.object({})), result: toStandardJsonSchema(v.null()) } }
  const params = { '~standard': { ...slow.x.params['~standard'], validate: async () => ({ value: {} }) } }
  expect(() => given({ x: { ...slow.x, params } }, 'x')).toThrow(TypeError)
})

/** What the service does itself, once the checks are through: nothing, so that `hash` costs nothing. */
const itself = streaming(({ method, params }) => {
  service[method as keyof typeof service].prepare(params)
})

const checkedByService = [...Object.keys(service), 'count', 'feed']

/** Numbers and texts near what the methods take, and now and then anything else. */
const anyJson = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Json>(0, 1, -1, 1.5, 60_000, 60_001, 10_000_000, 10_000_001, 1e9, 1e9 + 1, 2 ** 53, 1e300, -0, 5e-324, '', '1', true, null) },
  { weight: 2, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.jsonValue() as fc.Arbitrary<Json> },
)
const names = fc.constantFrom('text', 'url', 'ms', 'a', 'b', 'minuend', 'subtrahend', 'code', 'message', 'data', 'rounds', 'to', 'items', '__proto__', 'constructor', 'x')
const anyParams = fc.oneof(
  fc.array(anyJson, { maxLength: 4 }),
  fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 4 }),
  // As JSON.parse makes it: `__proto__` is a name like others there.
  fc.array(fc.tuple(names, anyJson), { maxLength: 8 }).map((pairs) => Object.fromEntries(pairs)),
  fc.constantFrom(null, undefined),
) as fc.Arbitrary<Params | null | undefined>

/** Parameters by the right names, nearly all of them such as the method takes, or just not. */
const nearly = (method: string) => {
  const { properties = {} } = jsonSchema(contract[method as keyof typeof contract].params)
  const near = ({ type, minimum = 0, maximum = 0 }: { type?: string; minimum?: number; maximum?: number }) => {
    if (type === 'string') return fc.string()
    return fc.constantFrom<Json>(minimum - 1, minimum, minimum + 0.5, maximum, maximum + 1)
  }
  const each = Object.entries(properties as object).map(([name, schema]) => [name, fc.oneof({ weight: 9, arbitrary: near(schema as object) }, anyJson)])
  const model = Object.fromEntries(each) as Record<string, fc.Arbitrary<unknown>>
  return fc.oneof({ weight: 3, arbitrary: fc.record(model) }, fc.record(model, { requiredKeys: [] })) as fc.Arbitrary<Params>
}

test.each(checkedByService)('the contract lets through what %s takes, and nothing else', (method) => {
  fc.assert(
    fc.property(fc.oneof(anyParams, nearly(method)), (params) => {
      const before = JSON.stringify(params)
      const byContract = thrown(() => given(contract, method, params))
      const byService = thrown(() => itself(request(method, params), new Context()))
      expect(byContract === undefined).toBe(byService === undefined)
      if (byContract) expect((byContract as RpcError).code).toBe((byService as RpcError).code)
      expect(JSON.stringify(params)).toBe(before)
    }),
    { numRuns: 300 },
  )
})

test('a number that JSON can be read as, and nobody can write, is none', () => {
  const { a } = JSON.parse('{"a":1e999}') as { a: number }
  expect(wrongIn(contract, 'add', [a, 1])).toMatch(/^"a": .*number/)
})

describe('what streams up', () => {
  /** A context whose caller streams these items; `ended` when somebody has stopped reading. */
  function streamingUp(...items: Json[]) {
    const state = { ended: false }
    const reader = (async function* () {
      try {
        yield* items
      } finally {
        state.ended = true
      }
    })() as unknown as AsyncIterableIterator<Json, undefined>
    const context = new Context()
    context.set(carrier, { reader })
    return { context, state }
  }
  const handler = contracted(streaming(answer))
  const total = async (context: RequestContext) => handler(request('total'), context)

  test('comes through', async () => {
    expect(await total(streamingUp(1, 2, 3.5).context)).toBe(6.5)
    const echoed: Json[] = []
    for await (const item of handler(request('echo'), streamingUp('a', null, [1]).context) as AsyncIterable<Json>) echoed.push(item)
    expect(echoed).toEqual(['a', null, [1]])
  })

  test('is refused at the first item that is wrong, and is read no further', async () => {
    const { context, state } = streamingUp(1, 2, 'three', 4)
    await expect(total(context)).rejects.toMatchObject({ code: codes.invalidParams, data: expect.stringMatching(/^item 3: .*number/) })
    expect(state.ended).toBe(true)
  })

  test('who stops reading stops the caller', async () => {
    const { context, state } = streamingUp('a', 'b')
    const seen: Json[] = []
    for await (const item of handler(request('echo'), context) as AsyncIterable<Json>) {
      seen.push(item)
      break
    }
    expect({ seen, ...state }).toEqual({ seen: ['a'], ended: true })
  })
})

test('documents and clients do not know which library it was', async () => {
  const info = { title: 'x', version: '1' }
  expect(openRpc(byValibot, info)).toEqual(openRpc({ say: contract.say, add: contract.add }, info))
  const client = typed(async (method) => (method === 'say' ? 'You said: a' : 'no number'), byValibot)
  const said = await client.say({ text: 'a' })
  expectTypeOf(said).toEqualTypeOf<string>()
  await expect(client.add({ a: 1, b: 2 })).rejects.toThrow(/^the answer to add is not what the contract says: .*number/)
})
