import { getEventListeners, once } from 'node:events'
import * as net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createFramer, DisconnectedError, requestText, RpcError } from '@rpc-steps/wire'
import type { Text } from '@rpc-steps/wire'
import { afterEach, describe, expect, test } from 'vitest'
import { answer, connect, listen as listenAt, Peer } from '../src/index.ts'
import type { Handler, PeerOptions, Server } from '../src/index.ts'
import { duplexPair } from './duplex-pair.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  // Clients first: a server waits for what its clients have in flight.
  await Promise.all(open.splice(0).reverse().map((end) => end.close()))
})

async function listen(handler: Handler = answer, options: PeerOptions = {}): Promise<Server> {
  const server = await listenAt(handler, { host: '127.0.0.1', port: 0 }, { grace: 500, ...options })
  open.push(server)
  return server
}

async function dial(server: Server, options: PeerOptions = {}): Promise<Peer> {
  const peer = await connect(server, { grace: 500, ...options })
  open.push(peer)
  return peer
}

/** A promise that somebody else settles. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

const frame = (text: Text) => createFramer('content-length').frame(text)

const never = () => new Promise<never>(() => {})

describe('calls', () => {
  test('a call resolves to its result', async () => {
    const peer = await dial(await listen())
    expect(await peer.call('say', { text: 'Hello, server!' })).toBe('You said: Hello, server!')
  })

  test('a slow call holds up nobody: replies come in the order in which they are ready', async () => {
    const slow = gate()
    const peer = await dial(await listen((q) => (q.method === 'slow' ? slow.opened : 'quick')))
    const order: string[] = []
    // Where the quick call waits for the slow one, the slow one waits in vain.
    const inVain = setTimeout(() => slow.open(), 3_000)
    const first = peer.call('slow').then(() => order.push('slow'))
    await peer.call('quick').then(() => order.push('quick'))
    slow.open()
    await first
    clearTimeout(inVain)
    expect(order).toEqual(['quick', 'slow'])
  })

  test('an error of the peer is an exception with its code and data', async () => {
    const peer = await dial(await listen())
    const failed = peer.call('fail', { code: 7, message: 'no', data: { why: 'because' } })
    await expect(failed).rejects.toMatchObject({ code: 7, message: 'no', data: { why: 'because' } })
    await expect(failed).rejects.toBeInstanceOf(RpcError)
  })

  test.each([
    ['throws', () => { throw new Error('secret') }],
    ['rejects', () => Promise.reject(new Error('secret'))],
    ['rejects with nothing', () => Promise.reject(undefined)],
    ['returns no JSON', () => 1n as never],
  ] satisfies [string, Handler][])('a handler that %s: the peer learns an incident, the log the rest', async (_, handler) => {
    const lines: string[] = []
    const peer = await dial(await listen(handler, { log: (line) => lines.push(line) }))
    const error = await peer.call('x').then(never, (error: RpcError) => error)
    expect(error).toMatchObject({ code: -32603, message: 'Internal error' })
    expect(JSON.stringify(error.data)).not.toContain('secret')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain((error.data as { incident: string }).incident)
  })

  test('parameters that are no JSON reject the call and leave nothing behind', async () => {
    const peer = await dial(await listen())
    await expect(peer.call('say', { text: 1n as never })).rejects.toThrow(TypeError)
    expect(peer.stats.pending).toBe(0)
  })

  test('both ends may call: a handler calls back whoever asks', async () => {
    const server = await listen(async (_, { call }) => `you are ${String(await call('name'))}`)
    const peer = await dial(server, { handler: () => 'Ada' })
    expect(await peer.call('who am I')).toBe('you are Ada')
  })

  test('a peer without a handler has no methods', async () => {
    const server = await listen((_, { call }) => call('anything'))
    const peer = await dial(server)
    await expect(peer.call('x')).rejects.toMatchObject({ code: -32601 })
  })

  test('a notification is handled and not answered', async () => {
    const seen: string[] = []
    const peer = await dial(await listen((request) => void seen.push(request.method)))
    await peer.notify('first')
    await peer.call('second')
    expect(seen).toEqual(['first', 'second'])
    expect(peer.stats.unknownReplies).toBe(0)
  })

  test('what is sent in one turn is one write', async () => {
    const [near, far] = duplexPair()
    const peer = new Peer(near)
    const chunks: string[] = []
    far.on('data', (chunk: Buffer) => chunks.push(chunk.toString()))
    const calls = [1, 2, 3].map((n) => peer.call('add', [n, n]))
    await once(far, 'data')
    expect(chunks).toHaveLength(1)
    expect(chunks[0]!.match(/Content-Length/g)).toHaveLength(3)
    near.destroy()
    await Promise.allSettled(calls)
  })
})

describe('abort', () => {
  test('rejects with the reason at once; the late reply is dropped and counted', async () => {
    const reply = gate()
    const peer = await dial(await listen((q) => (q.method === 'slow' ? reply.opened : 'ok')))
    const controller = new AbortController()
    const call = peer.call('slow', undefined, { signal: controller.signal })
    await peer.call('ok')
    controller.abort(new Error('changed my mind'))
    await expect(call).rejects.toThrow('changed my mind')
    expect(peer.stats.pending).toBe(0)
    reply.open()
    await peer.call('ok')
    expect(peer.stats.unknownReplies).toBe(1)
  })

  test('a signal that is aborted already sends nothing', async () => {
    const methods: string[] = []
    const peer = await dial(await listen((request) => void methods.push(request.method)))
    await expect(peer.call('x', [], { signal: AbortSignal.abort() })).rejects.toThrow()
    await peer.call('y')
    expect(methods).toEqual(['y'])
  })

  test('reaches a call that has not been sent yet, because the peer does not read', async () => {
    const [near] = duplexPair()
    const peer = new Peer(near, { highWater: 100 })
    const controller = new AbortController()
    const stuck = peer.call('x', ['y'.repeat(40_000)])
    const waiting = peer.call('x', [], { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    near.destroy()
    await expect(stuck).rejects.toThrow(DisconnectedError)
  })

  test('one signal, 10,000 calls: no listener, timer or table entry is left', async () => {
    const { signal } = new AbortController()
    const listening = () => getEventListeners(signal, 'abort').length
    const server = await listen()
    const peer = await dial(server)
    for (let i = 0; i < 100; i++) {
      const calls = Array.from({ length: 100 }, () => peer.call('add', [i, 1], { signal }))
      expect(listening()).toBe(1)
      await Promise.all(calls)
    }
    expect(listening()).toBe(0)
    const nothing = { pending: 0, waiting: 0, unanswered: 0, requests: 0, handling: 0, parked: 0 }
    for (const end of [peer, ...server.peers]) expect(end.stats).toMatchObject(nothing)
  })
})

describe('the end of a connection', () => {
  test('settles every pending call with one distinct error, and refuses later ones', async () => {
    const server = await listen(never)
    const peer = await dial(server)
    const calls = Promise.allSettled([peer.call('a'), peer.call('b')])
    await expect.poll(() => [...server.peers][0]?.stats.handling).toBe(2)
    await server.close()
    for (const result of await calls) {
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(DisconnectedError) })
    }
    await expect(peer.call('c')).rejects.toBeInstanceOf(DisconnectedError)
  })

  test('says what ended it', async () => {
    const server = net.createServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as net.AddressInfo
    const peer = await connect({ host: '127.0.0.1', port })
    await expect(peer.call('x')).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } })
    server.close()
  })

  test('aborts the signals of handlers that nobody waits for any more', async () => {
    const aborted = gate()
    const started = gate()
    const server = await listen(async (_, { signal }) => {
      started.open()
      await delay(60_000, undefined, { signal }).catch(() => aborted.open())
    })
    const socket = net.connect(server.port, server.host)
    socket.write(frame(requestText(1, 'x')))
    await started.opened
    socket.resetAndDestroy()
    await aborted.opened
  })

  test.each([
    ['sleeps', 0, (_, context) => context.sleep(60_000)],
    ['listens to its signal', 0, (_, { signal }) => delay(60_000, undefined, { signal })],
    ['trips over it', 1, (_, context) => context.sleep(60_000).catch(() => { throw new Error('oops') })],
  ] satisfies [string, number, Handler][])(
    'a caller who leaves is no incident: the handler %s, incidents: %i',
    async (_, incidents, handler) => {
      const lines: string[] = []
      const server = await listen(handler, { log: (line) => lines.push(line) })
      const socket = net.connect(server.port, server.host)
      socket.write(frame(requestText(1, 'x')))
      await expect.poll(() => [...server.peers].map((peer) => peer.stats.handling)).toEqual([1])
      const [peer] = server.peers
      socket.resetAndDestroy()
      await expect.poll(() => peer!.stats.handling).toBe(0)
      expect(lines).toHaveLength(incidents)
    },
  )

  test('a peer that ends its side still gets the answers to what it asked', async () => {
    const server = await listen()
    const socket = net.connect(server.port, server.host).setEncoding('utf8')
    socket.end(frame(requestText(1, 'sleep', [50])))
    let answer = ''
    socket.on('data', (text: string) => (answer += text))
    await once(socket, 'end')
    expect(answer).toContain('"result":50')
  })

  test('close waits for calls in flight both ways, takes no new ones, and is bounded', async () => {
    const reply = gate()
    const patient = { grace: 30_000 }
    const server = await listen(() => reply.opened.then(() => 'done'), patient)
    const peer = await dial(server, patient)
    const call = peer.call('x')
    const closed = peer.close()
    await expect(peer.call('y')).rejects.toThrow('closed by this side')
    reply.open()
    expect(await call).toBe('done')
    await closed

    const stuck = await dial(await listen(never), { grace: 50 })
    const lost = stuck.call('x')
    lost.catch(() => {})
    await stuck.close()
    await expect(lost).rejects.toBeInstanceOf(DisconnectedError)
  })

  test('a framing error is explained, ends this connection, and touches no other', async () => {
    const server = await listen()
    const other = await dial(server)
    const socket = net.connect(server.port, server.host).setEncoding('utf8')
    let text = ''
    socket.on('data', (chunk: string) => (text += chunk))
    socket.write('POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}')
    await once(socket, 'end')
    expect(text).toContain('-32700')
    socket.end()
    expect(await other.call('say', { text: 'still here' })).toBe('You said: still here')
  })

  test('a frame that does not go on is given up', async () => {
    const server = await listen(answer, { frameTimeout: 50 })
    const socket = net.connect(server.port, server.host)
    socket.write('Content-Length: 100\r\n\r\nhalf of it')
    socket.resume()
    await once(socket, 'close')
    await expect.poll(() => server.peers.size).toBe(0)
  })
})

describe('back-pressure', () => {
  test('a server reads no more of a peer that does not read its answers', async () => {
    let handled = 0
    const big = 'x'.repeat(10_000)
    const server = await listen(() => (handled++, big), { highWater: 10_000 })
    const socket = net.connect(server.port, server.host)
    const wanted = 20_000
    socket.pause()
    for (let id = 0; id < wanted; id++) socket.write(frame(requestText(id, 'x')))
    const other = await dial(server)
    // Rounds of another client are the clock here: in each the server could read more, if it would.
    let before = -1
    while (handled !== before) {
      before = handled
      for (let i = 0; i < 50; i++) await other.call('x')
      handled -= 50
    }
    expect(handled).toBeLessThan(wanted / 2)
    expect(process.memoryUsage().rss).toBeLessThan(1e9)
    socket.resume()
    await expect.poll(() => handled).toBe(wanted)
    socket.destroy()
  })

  test('a peer that leaves too many answers unread is cut off, and nobody else', async () => {
    const [big, wanted] = ['x'.repeat(100_000), 200] // more than the kernel takes, and the hard cap
    const allAsked = gate()
    let asked = 0
    const slow = async () => {
      if (++asked === wanted) allAsked.open()
      await allAsked.opened
      return big
    }
    const handler: Handler = ({ method }) => (method === 'slow' ? slow() : 'at once')
    const server = await listen(handler, { hardCap: 500_000 })
    const other = await dial(server)
    const socket = net.connect(server.port, server.host).on('error', () => {})
    socket.pause()
    for (let id = 0; id < wanted; id++) socket.write(frame(requestText(id, 'slow')))
    await allAsked.opened
    await expect.poll(() => server.peers.size).toBe(1)
    expect(await other.call('x')).toBe('at once')
    socket.destroy()
  })

  test('an awaited notify waits its turn while the other side does not read', async () => {
    const [near, far] = duplexPair()
    const peer = new Peer(near, { highWater: 100 })
    await peer.notify('x', ['y'.repeat(40_000)])
    let told = false
    const telling = peer.notify('x').then(() => (told = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(told).toBe(false)
    far.resume()
    await telling
    near.destroy()
  })
})
