import * as net from 'node:net'
import { answer, connect, listen } from '@rpc-steps/async-await'
import type { Json } from '@rpc-steps/async-await'
import { streamed, streaming } from '@rpc-steps/streaming'
import * as openRpcSchemas from '@open-rpc/meta-schema'
import type { OpenrpcDocument } from '@open-rpc/meta-schema'
import { Ajv } from 'ajv'
import draft7 from 'ajv/dist/refs/json-schema-draft-07.json' with { type: 'json' }
import { expect, onTestFinished, test } from 'vitest'
import { createMessageConnection, ParameterStructures, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node'
import { contract, contracted, openRpc, statuses } from '../src/index.ts'

/** Checks a document as OpenRPC has it. Its schema names another, by an address in the web, for what a JSON Schema is: that is draft 7. */
function validator() {
  const ajv = new Ajv({ strict: false, formats: { uri: true } })
  // Both ways of writing that address.
  for (const $id of ['https://meta.json-schema.tools', 'https://meta.json-schema.tools/']) {
    ajv.addSchema({
      $id,
      oneOf: [{ $ref: draft7.$id }],
      definitions: { JSONSchemaObject: { properties: { $ref: { type: 'string' } } } },
    })
  }
  // Its types leave out what it exports.
  const { $schema: _, ...meta } = (openRpcSchemas as unknown as { openrpcDocument: Record<string, unknown> }).openrpcDocument
  return ajv.compile(meta)
}

/** The document, from a server. */
async function discovered() {
  const server = await listen(streamed(contracted(streaming(answer))), { host: '127.0.0.1', port: 0 }, { log: () => {} })
  onTestFinished(() => server.close())
  const peer = await connect(server)
  onTestFinished(() => void peer.destroy())
  return { server, peer, document: (await peer.call('rpc.discover')) as unknown as OpenrpcDocument }
}

test('the document is as its meta-schema has it', async () => {
  const { document } = await discovered()
  const validate = validator()
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true)
  expect(document).toEqual(JSON.parse(JSON.stringify(openRpc(contract, document.info))))
  // And not everything is.
  expect(validate({ ...document, methods: [{ name: 'x' }] })).toBe(false)
  expect(validate({ ...document, openrpc: '9' })).toBe(false)
  expect(validate({ ...document, components: { schemas: { x: { type: 5 } } } })).toBe(false)
})

test('it has every method, and every way in which one can fail', async () => {
  const { document } = await discovered()
  const { methods, components } = document
  expect(methods.map((one) => 'name' in one && one.name)).toEqual(Object.keys(contract))
  const codes = Object.values(components!.errors!).map(({ code }: { code: number }) => code)
  expect(new Set(codes)).toEqual(new Set(statuses.map(({ code }) => code)))
  expect(codes).toHaveLength(new Set(codes).size)
  const refs = methods.flatMap((one) => ('errors' in one ? one.errors : [])).map((error) => (error as { $ref: string }).$ref)
  expect(refs.length).toBe(methods.length * codes.length)
  for (const ref of refs) expect(Object.keys(components!.errors!)).toContain(ref.split('/').at(-1))
})

test('where it streams, it says so', () => {
  const methods = openRpc(contract, { title: 'x', version: '1' })['methods'] as { name: string; 'x-stream'?: Json }[]
  const streams = methods.flatMap(({ name, 'x-stream': stream }) => (stream === undefined ? [] : [[name, Object.keys(stream as object)]]))
  expect(Object.fromEntries(streams)).toEqual({ count: ['down'], feed: ['down'], total: ['up'], echo: ['up', 'down'] })
})

/** What a tool does that knows this document and nothing else of the service. */
const examples: Record<string, Json> = {
  text: 'a', url: '/home', ms: 1, rounds: 2, to: 3, items: 2, a: 1, b: 2, minuend: 3, subtrahend: 1, item: 4,
}

test('a tool that has nothing but the document can call the methods, and foresee what comes back', async () => {
  const { peer, document } = await discovered()
  const ajv = new Ajv({ strict: false })
  const called: string[] = []
  for (const method of document.methods) {
    if (!('name' in method) || 'up' in (method['x-stream'] ?? {}) || ['fail', 'whoami'].includes(method.name)) continue
    const params = method.params.map((one) => {
      const { name, schema } = one as { name: string; schema: object }
      expect(ajv.validate(schema, examples[name])).toBe(true)
      return [name, examples[name]!] as const
    })
    const byPosition = method.paramStructure === 'by-position'
    const result = await peer.call(method.name, byPosition ? params.map(([, value]) => value) : Object.fromEntries(params))
    const { schema } = method.result as { schema: object }
    expect(ajv.validate(schema, result), `${method.name} answers ${JSON.stringify(result)}`).toBe(true)
    called.push(method.name)
  }
  expect(called).toHaveLength(Object.keys(contract).length - 4)
})

test('a schema in it refuses what the service refuses', async () => {
  const { peer, document } = await discovered()
  const ajv = new Ajv({ strict: false })
  const sleep = document.methods.find((one) => 'name' in one && one.name === 'sleep') as { params: { schema: object }[] }
  for (const ms of [-1, 1.5, 60_001, '1', null]) {
    expect(ajv.validate(sleep.params[0]!.schema, ms)).toBe(false)
    await expect(peer.call('sleep', { ms })).rejects.toMatchObject({ code: -32602 })
  }
})

test('a client that nobody here has written finds the document, and calls by position and by name', async () => {
  const { server, document } = await discovered()
  const socket = net.connect(server.port, server.host)
  onTestFinished(() => void socket.destroy())
  const connection = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket))
  connection.listen()
  expect(await connection.sendRequest('rpc.discover')).toEqual(document)
  expect(await connection.sendRequest('add', 1, 2)).toBe(3)
  expect(await connection.sendRequest('add', ParameterStructures.byName, { b: 1, a: 2 })).toBe(3)
  await expect(connection.sendRequest('add', 1, 'two')).rejects.toMatchObject({ code: -32602, data: expect.stringMatching(/^"b": /) })
  connection.dispose()
})
