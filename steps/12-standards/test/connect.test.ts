import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import type { JsonValue } from '@bufbuild/protobuf'
import { fromJson, toJson } from '@bufbuild/protobuf'
import { ValueSchema } from '@bufbuild/protobuf/wkt'
import type { Value } from '@bufbuild/protobuf/wkt'
import { incoming, streamed } from '@rpc-steps/streaming'
import { expect, test } from 'vitest'
import { contract, protoOf } from '../src/index.ts'
import { serviceOf } from './descriptors.ts'
import { all, errorOf, open, serve } from './grpc-support.ts'

// A client of gRPC that shares nothing with grpc-js, neither the messages nor HTTP/2; all it has of us is the .proto.
const service = serviceOf(protoOf(contract))

/** What these tests call, as the client makes it from the `.proto`. */
interface Calls {
  add(message: { a: number; b: number }, options?: Options): Promise<{ value: number }>
  sleep(message: { ms: number }, options?: Options): Promise<{ value: bigint }>
  fail(message: { code?: Value; message?: Value; data?: Value }): Promise<unknown>
  count(message: { to: number }, options?: Options): AsyncIterable<{ value: bigint }>
  total(messages: AsyncIterable<{ value: number }>): Promise<{ value: number }>
  echo(messages: AsyncIterable<Value>, options?: Options): AsyncIterable<Value>
}
interface Options {
  timeoutMs?: number
  signal?: AbortSignal
  headers?: Record<string, string>
}

function connect({ port }: { port: number }): Calls {
  const transport = createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` })
  return createClient(service, transport) as unknown as Calls
}

const value = (json: JsonValue) => fromJson(ValueSchema, json)
async function* each<T>(...items: T[]): AsyncGenerator<T> {
  yield* items
}

test('Connect makes all four kinds of calls', async () => {
  const them = connect((await serve()).grpc)
  expect((await them.add({ a: 1.5, b: 2 })).value).toBe(3.5)
  expect((await all(them.count({ to: 4 }))).map(({ value }) => value)).toEqual([1n, 2n, 3n, 4n])
  expect((await them.total(each({ value: 1 }, { value: 2 }))).value).toBe(3)
  const items = [1, 'a', null, { b: [true] }]
  expect((await all(them.echo(each(...items.map(value))))).map((item) => toJson(ValueSchema, item))).toEqual(items)
})

test('its deadline and its abort arrive', async () => {
  const ends: unknown[] = []
  const at = await open(streamed(async function* (request: unknown, { signal }: { signal: AbortSignal }) {
    yield 1
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    ends.push(request)
  } as never))
  const them = connect(at)
  expect(await errorOf(all(them.count({ to: 9 }, { timeoutMs: 100 })))).toMatchObject({ code: Code.DeadlineExceeded })
  const controller = new AbortController()
  const error = await errorOf((async () => {
    for await (const { value } of them.count({ to: 9 }, { signal: controller.signal })) if (value === 1n) controller.abort()
  })())
  expect(error).toMatchObject({ code: Code.Canceled })
  await expect.poll(() => ends).toMatchObject([{ method: 'count', meta: { timeoutMs: expect.any(Number) as number } }, { method: 'count' }])
})

test('and so does the abort of a stream both ways, which ends what it streams itself', async () => {
  let [ended, sent] = [false, 0]
  const them = connect(await open(streamed(async function* (_: unknown, context: never) {
    try {
      for await (const item of incoming(context)) yield item
    } finally {
      ended = true
    }
  } as never)))
  const endless = async function* () {
    for (;;) yield value(++sent)
  }
  const controller = new AbortController()
  let read = 0
  expect(await errorOf((async () => {
    for await (const item of them.echo(endless(), { signal: controller.signal })) if (++read === 1000 && item) controller.abort()
  })())).toMatchObject({ code: Code.Canceled })
  await expect.poll(() => ended).toBe(true)
})

test('it reads our errors: the status, the message, and in the details the whole', async () => {
  const them = connect((await serve()).grpc)
  const error = ConnectError.from(await errorOf(them.fail({ code: value(-32003), message: value('no: \u00e4'), data: value({ status: 'PERMISSION_DENIED', why: [1] }) })))
  expect(error.code).toBe(Code.PermissionDenied)
  expect(error.rawMessage).toBe('no: \u00e4')
  expect(error.findDetails(ValueSchema).map((detail) => toJson(ValueSchema, detail))).toEqual([
    { code: -32003, message: 'no: \u00e4', data: { status: 'PERMISSION_DENIED', why: [1] } },
  ])
})
