import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { DisconnectedError, RpcError } from '@rpc-steps/wire'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Callback, Client } from '@rpc-steps/callbacks'
import { OverflowError } from '@rpc-steps/session'
import { answer, connect, listen, Loop } from '../src/index.ts'
import type { ClientOptions, Server } from '../src/index.ts'
import { frame, serveHere, turnUntil, until } from './helpers.ts'

let loop: Loop
let server: Server
let errors: unknown[]

// Server and clients share one loop and one thread: nobody waits, so nobody is in the way.
beforeEach(() => {
  errors = []
  loop = new Loop({ onError: (error) => errors.push(error) })
  server = listen(loop, answer)
  return () => loop.close()
})

function client(options: Partial<ClientOptions> = {}): Client {
  let connected: Client | undefined
  connect(loop, { port: server.port, ...options }, (error, client) => {
    if (error) throw error
    connected = client
  })
  turnUntil(loop, () => connected !== undefined)
  return connected!
}

describe('connect', () => {
  test('says who refused', () => {
    const closed = listen(loop, answer)
    closed.close()
    turnUntil(loop, () => true)
    const told = vi.fn<Callback<Client>>()
    connect(loop, { port: closed.port }, told)
    expect(told).not.toHaveBeenCalled()
    turnUntil(loop, () => told.mock.calls.length > 0)
    const { code, address, port, syscall } = told.mock.calls[0]![0] as unknown as Record<string, unknown>
    expect({ code, address, port, syscall }).toEqual({
      code: 'ECONNREFUSED',
      address: '127.0.0.1',
      port: closed.port,
      syscall: 'connect',
    })
    loop.turn(0)
    expect(told).toHaveBeenCalledOnce()
  })

  test('refuses what is no address', () => {
    expect(() => connect(loop, { host: 'example.test', port: 1 }, () => {})).toThrow('example.test')
  })

  test('two hundred at once, in one thread', () => {
    const waiting: (() => void)[] = []
    // Nobody is answered before the last one has called.
    const meeting = listen(loop, (_, respond) => {
      if (waiting.push(() => respond(null, 'all here')) < 200) return
      for (const answer of waiting) answer()
    })
    const clients: Client[] = []
    const results: unknown[] = []
    for (let i = 0; i < 200; i++) {
      connect(loop, meeting, (error, client) => {
        if (error) throw error
        clients.push(client)
        client.call('meet', undefined, (error, result) => results.push(error ?? result))
      })
    }
    turnUntil(loop, () => results.length === 200)
    expect(results).toEqual(Array(200).fill('all here'))
    for (const client of clients) client.close()
    turnUntil(loop, () => meeting.connections === 0)
    expect(errors).toEqual([])
  })
})

describe('call', () => {
  test('gives results and errors to their callbacks, in the order in which they come', () => {
    const one = client()
    const seen: unknown[] = []
    const see: Callback<unknown> = (error, result) => void seen.push(error ?? result)
    one.call('sleep', [20], see)
    one.call('sleep', [10], see)
    one.call('fail', { code: -5, message: 'no', data: [1] }, see)
    one.call('get_data', undefined, see)
    expect(seen).toEqual([])
    turnUntil(loop, () => seen.length === 4)
    expect(seen).toEqual([new RpcError(-5, 'no', [1], 'peer'), ['hello', 5], 10, 20])
    expect(seen[0]).toMatchObject({ code: -5, data: [1] })
  })

  test('is never answered before it returns, even when the connection is closed', () => {
    const one = client()
    one.destroy()
    const told = vi.fn()
    one.call('get_data', undefined, told)
    expect(told).not.toHaveBeenCalled()
    loop.turn(0)
    loop.turn(0)
    expect(told).toHaveBeenCalledOnce()
    expect(told.mock.calls[0]![0]).toBeInstanceOf(DisconnectedError)
  })

  test('with parameters that are no JSON fails alone', () => {
    const one = client()
    const told = vi.fn()
    const cycle: unknown[] = []
    cycle.push(cycle)
    one.call('say', cycle as [], told)
    one.call('get_data', undefined, told)
    turnUntil(loop, () => told.mock.calls.length === 2)
    expect(told.mock.calls[0]![0]).toBeInstanceOf(TypeError)
    expect(told.mock.calls[1]).toEqual([null, ['hello', 5]])
  })

  test('returns false when it has to wait for room, and says when there is room again', () => {
    const drain = vi.fn()
    const one = client({ highWater: 1_000, hardCap: 10_000 }).on('drain', drain)
    const told = vi.fn()
    expect(one.call('say', ['x'], told)).toBe(true)
    expect(one.call('say', ['x'.repeat(2_000)], told)).toBe(true)
    expect(one.call('say', ['x'], told)).toBe(false)
    expect(one.call('say', ['x'.repeat(20_000)], told)).toBe(false)
    turnUntil(loop, () => told.mock.calls.length === 4)
    expect(drain).toHaveBeenCalledOnce()
    expect(told.mock.calls.map(([error]) => error)).toEqual([expect.any(OverflowError), null, null, null])
    expect(one.call('say', ['x'], told)).toBe(true)
  })

  test.each([
    ['that is too large', ['x'.repeat(5_000)]],
    ['with parameters that are no JSON', [1n as never]],
  ])('returns true for one %s: nothing waits, so no drain would come', (_, params) => {
    const one = client({ highWater: 500, hardCap: 1_000 })
    const told = vi.fn()
    expect(one.call('say', params, told)).toBe(true)
    turnUntil(loop, () => told.mock.calls.length === 1)
    expect(told.mock.calls[0]![0]).toBeInstanceOf(Error)
  })

  test('10,000 leave nothing behind', () => {
    const one = client()
    let answered = 0
    for (let i = 0; i < 100; i++) {
      for (let n = 0; n < 100; n++) one.call('add', [i, n], () => answered++)
      turnUntil(loop, () => answered === (i + 1) * 100)
    }
    expect(one.pending).toBe(0)
    one.close()
    turnUntil(loop, () => server.connections === 0)
    server.close()
    turnUntil(loop, () => !loop.alive)
  })
})

describe('a lost connection', () => {
  test('is told to every call in flight, even when one of the callbacks throws', () => {
    const onClose = vi.fn()
    const one = client().on('close', onClose)
    const told = vi.fn()
    const bug = new Error('a bug')
    one.call('sleep', [10_000], told)
    one.call('sleep', [10_000], () => { throw bug })
    one.call('sleep', [10_000], told)
    one.destroy()
    expect(told).not.toHaveBeenCalled()
    expect(one.pending).toBe(0)
    turnUntil(loop, () => onClose.mock.calls.length === 1 && errors.length === 1)
    expect(told).toHaveBeenCalledTimes(2)
    expect(told.mock.calls[0]![0]).toBeInstanceOf(DisconnectedError)
    expect(errors).toEqual([bug])
  })

  test('a callback that throws is reported, and robs nobody of a result', () => {
    const [bad, good] = [client(), client()]
    const bug = new Error('a bug')
    const told = vi.fn()
    bad.call('get_data', undefined, () => { throw bug })
    bad.call('sleep', [10], told)
    good.call('sleep', [20], told)
    turnUntil(loop, () => told.mock.calls.length === 2)
    expect(told.mock.calls).toEqual([[null, 10], [null, 20]])
    expect(errors).toEqual([bug])
  })
})

describe('close', () => {
  test('waits for the calls in flight and takes no more', () => {
    const one = client()
    const told = vi.fn()
    one.call('sleep', [20], told)
    one.close()
    one.call('get_data', undefined, told)
    turnUntil(loop, () => server.connections === 0)
    expect(told).toHaveBeenCalledTimes(2)
    expect(told.mock.calls[0]![0]).toBeInstanceOf(DisconnectedError)
    expect(told.mock.calls[1]).toEqual([null, 20])
  })
})

describe('with a server that does not keep the rules', () => {
  /** A server of Node's that gives `peer` its end of the connection, and a client of ours. */
  async function strange(peer: (socket: Socket) => void): Promise<Client> {
    const { loop } = serveHere()
    const strange = createServer(peer).listen(0, '127.0.0.1')
    onTestFinished(() => void strange.close())
    await once(strange, 'listening')
    const { port } = strange.address() as AddressInfo
    return new Promise((resolve, reject) => {
      connect(loop, { port }, (error, client) => (error ? reject(error) : resolve(client)))
    })
  }

  test('replies to no call of ours are ignored and counted', async () => {
    const one = await strange((socket) => {
      socket.on('data', () => {
        for (const id of ['"1"', '7', 'null', '1', '1']) {
          socket.write(frame(`{"jsonrpc":"2.0","result":5,"id":${id}}`))
        }
      })
    })
    const told = vi.fn()
    one.call('anything', undefined, told)
    await until(() => one.unknownReplies === 4)
    expect(told).toHaveBeenCalledExactlyOnceWith(null, 5)
    one.destroy()
  })

  test.each([
    ['garbage', (socket: Socket) => void socket.write('garbage\r\n\r\n'), 'FramingError'],
    ['half a frame', (socket: Socket) => void socket.end('Content-Length: 5\r\n\r\n{'), 'FramingError'],
    ['a reset', (socket: Socket) => void socket.resetAndDestroy(), 'Error'],
    ['nothing', (socket: Socket) => void socket.end(), undefined],
  ])('%s ends the call with the reason', async (_, answer, reason) => {
    const one = await strange((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => answer(socket))
    })
    const told = vi.fn()
    one.call('get_data', undefined, told)
    await until(() => told.mock.calls.length > 0)
    expect(told.mock.calls[0]![0]).toBeInstanceOf(DisconnectedError)
    expect(told.mock.calls[0]![0].cause?.name).toBe(reason)
    one.destroy()
  })
})
