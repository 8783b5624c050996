import { once } from 'node:events'
import * as http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Code, ConnectError } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { ServerUnaryCall, ServerWritableStream, ServerReadableStream, sendUnaryData } from '@grpc/grpc-js'
import type { Address } from '@rpc-steps/async-await'
import { describe, expect, onTestFinished, test } from 'vitest'
import { contract, protoOf } from '../src/index.ts'
import { parse } from '../src/messages.ts'
import { serviceOf } from './descriptors.ts'
import { all, errorOf, remote } from './grpc-support.ts'

// Servers that have our .proto and nothing else of ours; the client is ours.

interface Seen {
  /** Milliseconds that were left for a call. */
  left: number[]
  cancelled: number
}

const servers: Record<string, (seen: Seen) => Promise<Address>> = {
  async 'grpc-js'(seen) {
    const service = parse(protoOf(contract)).lookupService('rpcsteps.v1.Service')
    const server = new Server()
    const definition = Object.fromEntries(Object.values(service.methods).map((method) => {
      const [request, response] = [method.resolvedRequestType!, method.resolvedResponseType!]
      return [method.name, {
        path: `/rpcsteps.v1.Service/${method.name}`,
        requestStream: method.requestStream ?? false, responseStream: method.responseStream ?? false,
        requestSerialize: (value: object) => Buffer.from(request.encode(value).finish()), requestDeserialize: (bytes: Buffer) => request.decode(bytes),
        responseSerialize: (value: object) => Buffer.from(response.encode(value).finish()), responseDeserialize: (bytes: Buffer) => response.decode(bytes),
      }]
    }))
    server.addService(definition, {
      Say: ({ request }: ServerUnaryCall<{ text: string }, object>, done: sendUnaryData<object>) => done(null, { value: `They say: ${request.text}` }),
      Fetch: (_: unknown, done: sendUnaryData<object>) => done({ code: 7, details: 'not for you' }),
      Sleep: (call: ServerUnaryCall<object, object>) => {
        seen.left.push(Number(call.getDeadline()) - Date.now())
        call.on('cancelled', () => seen.cancelled++)
      },
      Count: (call: ServerWritableStream<{ to: number }, object>) => {
        for (let n = 1; n <= call.request.to; n++) call.write({ value: n })
        call.end()
      },
      Total: (call: ServerReadableStream<{ value: number }, object>, done: sendUnaryData<object>) => {
        let sum = 0
        call.on('data', ({ value }: { value: number }) => (sum += value)).on('end', () => done(null, { value: sum }))
      },
    })
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port)))
    })
    onTestFinished(() => server.forceShutdown())
    return { host: '127.0.0.1', port }
  },

  async 'Connect'(seen) {
    const adapter = connectNodeAdapter({
      routes: (router) => void router.service(serviceOf(protoOf(contract)), {
        say: ({ text }: { text: string }) => ({ value: `They say: ${text}` }),
        fetch() {
          throw new ConnectError('not for you', Code.PermissionDenied)
        },
        async sleep(_: unknown, { timeoutMs, signal }: { timeoutMs(): number | undefined; signal: AbortSignal }) {
          seen.left.push(timeoutMs() ?? Infinity)
          await once(signal, 'abort')
          seen.cancelled++
          return {}
        },
        async *count({ to }: { to: number }) {
          for (let n = 1n; n <= to; n++) yield { value: n }
        },
        async total(items: AsyncIterable<{ value: number }>) {
          let sum = 0
          for await (const { value } of items) sum += value
          return { value: sum }
        },
      } as never),
    })
    const server = http2.createServer(adapter)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  },
}

describe.each(Object.entries(servers))('a server of %s', (_, start) => {
  test('is called by our client: one for one, a stream down, a stream up', async () => {
    const there = remote(await start({ left: [], cancelled: 0 }))
    expect(await there.call('say', { text: 'é' })).toBe('They say: é')
    expect(await all(there.stream('count', { to: 1000 }))).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1))
    expect(await there.upload('total', undefined, [1, 2, 3.5])).toBe(6.5)
  })

  test('says in its own words what is wrong, and our client in ours', async () => {
    const there = remote(await start({ left: [], cancelled: 0 }))
    expect(await errorOf(there.call('fetch', { url: '/home' }))).toMatchObject({ code: -32003, message: 'not for you', data: { status: 'PERMISSION_DENIED' } })
    // What nobody has implemented.
    expect(await errorOf(there.call('add', { a: 1, b: 2 }))).toMatchObject({ code: -32601 })
  })

  test('is told how long there is, and that nobody waits any more', async () => {
    const seen: Seen = { left: [], cancelled: 0 }
    const there = remote(await start(seen))
    const error = await errorOf(there.call('sleep', { ms: 5000 }, { extras: () => ({ meta: { timeoutMs: 300 } }) }))
    expect(error).toMatchObject({ code: -32008 })
    await expect.poll(() => seen.cancelled).toBe(1)
    const enough = new AbortController()
    const given = errorOf(there.call('sleep', { ms: 5000 }, { signal: enough.signal, extras: () => ({ meta: { timeoutMs: 60_000 } }) }))
    await expect.poll(() => seen.left.length).toBe(2)
    enough.abort(new Error('enough'))
    expect(await given).toMatchObject({ message: 'enough' })
    await expect.poll(() => seen.cancelled).toBe(2)
    expect(seen.left[0]).toBeLessThanOrEqual(300)
    expect(seen.left[1]).toBeGreaterThan(10_000)
  })
})
