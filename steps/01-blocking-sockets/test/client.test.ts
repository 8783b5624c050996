import { faultySyscalls, forSeeds } from '@rpc-steps/sockets'
import type { FaultyOptions, Peer } from '@rpc-steps/sockets'
import { DisconnectedError, RpcError } from '@rpc-steps/wire'
import type { Json, Request } from '@rpc-steps/wire'
import { describe, expect, test } from 'vitest'
import { connect, TimeoutError } from '../src/index.ts'
import type { ClientOptions } from '../src/index.ts'
import { reply, serverScript } from './wire-peer.ts'

type Answerer = (peer: Peer, request: Request) => void

const echo: Answerer = (peer, { id, params }) => peer.send(reply(id, params))

/** A client of the step, connected to a scripted server on a faulty network. */
function setUp(seed: number, answer: Answerer, own: ClientOptions = {}, options?: FaultyOptions) {
  const network = faultySyscalls(seed, options)
  const port = network.listenPeer(0, () => serverScript(answer))
  const open = () => connect({ host: '127.0.0.1', port }, { ...own, syscalls: network })
  return { network, open }
}

const quiet = { faults: 'none', latency: 0 } as const

describe('on a network where everything goes wrong', () => {
  test('each call returns its own result', () =>
    forSeeds(200, (seed) => {
      const client = setUp(seed, echo).open()
      for (let i = 0; i < 10; i++) {
        const params: Json[] = [i, 'é'.repeat(i * 30), '𝄞']
        expect(client.call('echo', params)).toEqual(params)
      }
      client.close()
    }))

  test('a text larger than the buffers of the kernel goes out and comes back whole', () =>
    forSeeds(20, (seed) => {
      const text = 'a long text, '.repeat(5_000)
      expect(setUp(seed, echo).open().call('echo', [text])).toEqual([text])
    }))

  test('a connection that breaks is one clear error, and so is every call after it', () =>
    forSeeds(200, (seed) => {
      const { open } = setUp(seed, echo, {}, { faults: { reset: 0.1 } })
      const client = open()
      let error: unknown
      for (let i = 0; i < 1_000 && !error; i++) {
        try {
          expect(client.call('echo', [i])).toEqual([i])
        } catch (thrown) {
          error = thrown
        }
      }
      expect(error).toBeInstanceOf(DisconnectedError)
      expect(() => client.call('echo', [])).toThrow(DisconnectedError)
    }))

  test('a refused connection names the address, and leaves no file descriptor behind', () =>
    forSeeds(20, (seed) => {
      const network = faultySyscalls(seed, { descriptors: 8 })
      for (let i = 0; i < 20; i++) {
        expect(() => connect({ host: '127.0.0.1', port: 9 }, { syscalls: network })).toThrow(
          expect.objectContaining({ code: 'ECONNREFUSED', syscall: 'connect', port: 9 }),
        )
      }
    }))
})

describe('a call', () => {
  test('throws the error that the server answers with, and the connection stays', () => {
    const client = setUp(1, (peer, { id, method, params }) => {
      if (method === 'echo') return peer.send(reply(id, params))
      const body = `{"jsonrpc":"2.0","error":{"code":7,"message":"no","data":[1]},"id":${String(id)}}`
      peer.send(`Content-Length: ${body.length}\r\n\r\n${body}`)
    }).open()
    expect(() => client.call('fail')).toThrow(new RpcError(7, 'no', [1], 'peer'))
    expect(client.call('echo', [2])).toEqual([2])
  })

  test('that the server could not read gets the error that has no id', () => {
    const client = setUp(1, (peer) => {
      const body = '{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null}'
      peer.send(`Content-Length: ${body.length}\r\n\r\n${body}`)
    }).open()
    expect(() => client.call('deep', [])).toThrow('Invalid Request')
  })

  test('is over when its time is, even if a byte comes now and then', () =>
    forSeeds(50, (seed) => {
      const drip: Answerer = (peer, { id }) => {
        const bytes = reply(id, 'slow')
        for (let i = 0; i < bytes.length; i++) network.after(60 * i, () => peer.send(bytes[i]!))
      }
      const { network, open } = setUp(seed, drip, { timeout: 100 })
      const client = open()
      const begun = network.now()
      expect(() => client.call('slow')).toThrow(TimeoutError)
      expect(network.now() - begun).toBeGreaterThanOrEqual(100)
      expect(network.now() - begun).toBeLessThan(105)
    }))

  test('does not take the late reply to the one before it', () =>
    forSeeds(50, (seed) => {
      const { network, open } = setUp(
        seed,
        (peer, { id, method }) => {
          network.after(method === 'slow' ? 150 : 90, () => peer.send(reply(id, method)))
        },
        { timeout: 100 },
      )
      const client = open()
      expect(() => client.call('slow')).toThrow(TimeoutError)
      expect(client.call('quick')).toBe('quick')
      expect(client.unknownReplies).toBe(1)
    }))

  test('gives up on a server that does not read; what was half sent goes on with the next call', () =>
    forSeeds(20, (seed) => {
      const network = faultySyscalls(seed)
      let peer: Peer | undefined
      const port = network.listenPeer(0, () => {
        const script = serverScript((peer, { id, params }) => peer.send(reply(id, (params as { text: string }).text.length)))
        return { ...script, onConnect: (connected) => (peer = connected).pause() }
      })
      const client = connect({ host: 'localhost', port }, { timeout: 100, syscalls: network })
      const text = 'x'.repeat(20_000)
      expect(() => client.call('say', { text })).toThrow(
        expect.objectContaining({ code: 'ETIMEDOUT', syscall: 'send' }),
      )
      network.after(10, () => peer!.resume())
      expect(client.call('say', { text: 'short' })).toBe(5)
      expect(client.unknownReplies).toBe(1)
    }))

  test('passes over what it did not ask for, and answers a request with "Method not found"', () => {
    const seen: unknown[] = []
    const { open } = setUp(
      1,
      (peer, message) => {
        if (message.method !== 'ask') return seen.push(message)
        for (const extra of ['{"jsonrpc":"2.0","method":"note"}', '[1]', '3', '{"result":1,"id":77}']) {
          peer.send(`Content-Length: ${extra.length}\r\n\r\n${extra}`)
        }
        const request = '{"jsonrpc":"2.0","method":"back","id":"b"}'
        peer.send(`Content-Length: ${request.length}\r\n\r\n${request}`)
        return peer.send(reply(message.id, 'yes'))
      },
      {},
      quiet,
    )
    const client = open()
    expect(client.call('ask')).toBe('yes')
    client.notify('wait for the bytes to arrive')
    client.notify('again')
    expect(client.unknownReplies).toBe(1)
    expect(seen).toContainEqual(expect.objectContaining({ id: 'b', error: expect.objectContaining({ code: -32601 }) as unknown }))
  })

  test.each([
    ['between frames', '', 'the connection ended before the reply came'],
    ['inside a frame', 'Content-Length: 10\r\n\r\n{', 'the stream ended inside a frame'],
    ['with what is no frame', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'is not a header line'],
  ])('that the server ends %s throws a DisconnectedError', (_, bytes, message) => {
    const { open } = setUp(1, (peer) => (peer.send(bytes), peer.end()))
    const client = open()
    let error: unknown
    try {
      client.call('echo')
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(DisconnectedError)
    const { cause, message: own } = error as Error
    expect(cause instanceof Error ? cause.message : own).toContain(message)
  })

  test('with parameters that are no JSON throws, and the connection stays', () => {
    const client = setUp(1, echo).open()
    expect(() => client.call('echo', [1n as unknown as Json])).toThrow(TypeError)
    expect(client.call('echo', [1])).toEqual([1])
  })

  test('is not disturbed by a client that is closed twice, and once had the same socket', () => {
    const { open } = setUp(1, echo)
    const first = open()
    first.close()
    const second = open()
    first.close()
    expect(second.call('echo', [1])).toEqual([1])
    expect(() => first.call('echo', [1])).toThrow('closed by this side')
  })

  test('leaves nothing behind, ten thousand times', () => {
    const { open } = setUp(1, echo, { timeout: 1_000 }, { ...quiet, descriptors: 8 })
    for (let i = 0; i < 100; i++) {
      const client = open()
      for (let k = 0; k < 100; k++) client.call('echo', [k])
      client.close()
      client.close()
    }
  })
})
