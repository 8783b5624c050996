import { faultySyscalls, syscalls } from '@rpc-steps/sockets'
import type { Peer } from '@rpc-steps/sockets'
import { createFramer, requestText } from '@rpc-steps/wire'
import type { Text } from '@rpc-steps/wire'
import { describe, expect, test, vi } from 'vitest'
import { listen, Loop, answer } from '../src/index.ts'
import type { Handler, ServerOptions } from '../src/index.ts'
import { frame, RawPeer, serveHere, until } from './helpers.ts'

/** A handler that waits, then fails in its own callback. */
const failLate: Handler = (request, respond, after) => {
  if (request.method !== 'fail') return answer(request, respond, after)
  after(5, () => {
    throw new Error('a secret')
  })
}

describe('a server', () => {
  test('does not let a call that waits hold up the one behind it', async () => {
    const { server } = serveHere()
    const peer = await RawPeer.connect(server.port)
    peer.send([1, 'sleep', [60]], [2, 'sleep', [30]], [3, 'say', ['hello']])
    await until(() => peer.replies.length === 3)
    expect(peer.replies.map(({ id }) => id)).toEqual([3, 2, 1])
  })

  test('still lets a busy handler hold up everybody (step 06 changes that)', async () => {
    const order: string[] = []
    const { server } = serveHere((request, respond, after) => {
      order.push(`${request.method} begins`)
      answer(request, respond, after)
      order.push(`${request.method} ends`)
    })
    const [busy, other] = [await RawPeer.connect(server.port), await RawPeer.connect(server.port)]
    busy.send([1, 'hash', ['text', 20_000]])
    await until(() => busy.socket.writableLength === 0)
    other.send([1, 'say', ['hello']])
    await until(() => other.replies.length === 1)
    expect(order).toEqual(['hash begins', 'hash ends', 'say begins', 'say ends'])
  })

  test('sends the replies of one turn together', async () => {
    const send = vi.fn(syscalls.send)
    const { server } = serveHere(answer, { syscalls: { ...syscalls, send } })
    const peer = await RawPeer.connect(server.port)
    const requests = Array.from({ length: 64 }, (_, i) => [i + 1, 'add', [i, 1]] as [number, string, number[]])
    peer.send(...requests)
    await until(() => peer.replies.length === 64)
    expect(send).toHaveBeenCalledOnce()
  })

  test('sends what is enough for a write before the turn ends', async () => {
    const order: string[] = []
    const large: Handler = (_, respond) => respond(null, 'x'.repeat(50_000))
    const { server } = serveHere(large, {
      selector: 'poll',
      syscalls: {
        ...syscalls,
        poll: (...args) => (order.push('poll'), syscalls.poll(...args)),
        send: (...args) => (order.push('send'), syscalls.send(...args)),
      },
    })
    const peer = await RawPeer.connect(server.port)
    peer.send(...[1, 2, 3, 4, 5, 6].map((id) => [id, 'x'] as [number, string]))
    await until(() => peer.replies.length === 6)
    expect(order.join(' ')).toContain('send send')
  })

  test('answers a handler that throws, now or later, and serves on', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { server } = serveHere(failLate)
    const peer = await RawPeer.connect(server.port)
    peer.send([1, 'fail'], [2, 'nonsense'])
    await until(() => peer.replies.length === 2)
    expect(peer.replies.find(({ id }) => id === 2)!.error!.code).toBe(-32601)
    const { error } = peer.replies.find(({ id }) => id === 1)!
    expect(error).toMatchObject({ code: -32603, message: 'Internal error' })
    expect(JSON.stringify(error)).not.toContain('secret')
    expect(log.mock.calls.join()).toContain((error!.data as { incident: string }).incident)
    expect(await peer.call(3, 'add', [1, 2])).toBe(3)
  })

  test('answers what came before the end of the stream', async () => {
    const { server } = serveHere()
    const peer = await RawPeer.connect(server.port, true)
    peer.send([1, 'sleep', [20]], [2, 'say', ['hello']])
    peer.socket.end()
    await until(() => peer.ended)
    expect(peer.replies.map(({ id }) => id)).toEqual([2, 1])
    await until(() => server.connections === 0)
  })

  test('refuses a port in use', () => {
    const { server } = serveHere()
    const loop = new Loop()
    expect(() => listen(loop, answer, { port: server.port })).toThrow(
      expect.objectContaining({ code: 'EADDRINUSE', address: '127.0.0.1', port: server.port }),
    )
    expect(loop.alive).toBe(false)
    loop.close()
  })
})

describe('a hostile peer', () => {
  test.each([
    ['that sends half a frame and leaves', (peer: RawPeer) => {
      peer.raw('Content-Length: 100\r\n\r\n{"jsonrpc"')
      peer.socket.end()
    }],
    ['that resets in the middle', (peer: RawPeer) => {
      peer.send([1, 'sleep', [5]])
      peer.raw('Content-Le')
      setTimeout(() => peer.socket.resetAndDestroy(), 2)
    }],
    ['that leaves with its calls in flight', (peer: RawPeer) => {
      peer.send([1, 'sleep', [5]], [2, 'sleep', [5]])
      setTimeout(() => peer.socket.destroy(), 2)
    }],
  ])('%s leaves nothing behind', async (_, misbehave) => {
    const { server, loop } = serveHere()
    const good = await RawPeer.connect(server.port)
    const peer = await RawPeer.connect(server.port)
    misbehave(peer)
    await until(() => peer.closed && server.connections === 1)
    expect(await good.call(1, 'say', ['hello'])).toBe('You said: hello')
    good.socket.end()
    server.close()
    await until(() => !loop.alive)
  })

  test.each([
    ['garbage', 'GET / HTTP/1.1\r\n\r\n', -32700],
    ['two gigabytes', 'Content-Length: 2147483648\r\n\r\n', -32600],
    ['a header without end', 'X'.repeat(10_000), -32700],
  ])('that sends %s is told, and sees the end', async (_, text, code) => {
    const { server } = serveHere()
    const good = await RawPeer.connect(server.port)
    const peer = await RawPeer.connect(server.port)
    peer.raw(text)
    await until(() => peer.closed)
    expect(peer.replies).toMatchObject([{ id: null, error: { code } }])
    expect(await good.call(1, 'say', ['hello'])).toBe('You said: hello')
    await until(() => server.connections === 1)
  })

  test('that sends garbage is not reset, however much of it is unread', () => {
    const network = faultySyscalls(1, { faults: 'none' })
    const loop = new Loop({ syscalls: network, selector: 'epoll' })
    listen(loop, answer, { port: 7000 })
    const seen: string[] = []
    network.connectPeer(7000, {
      onConnect: (peer) => peer.send('garbage\r\n' + 'x'.repeat(300_000)),
      onData: () => seen.push('answer'),
      onEnd(peer) {
        seen.push('end')
        peer.close()
      },
      onError: () => seen.push('reset'),
    })
    while (seen.length < 2) loop.turn()
    expect(seen).toEqual(['answer', 'end'])
  })

  test('that does not finish its frame is told so, in time', async () => {
    const { server, loop } = serveHere(answer, { frameTimeout: 30 })
    const peer = await RawPeer.connect(server.port)
    peer.raw('Content-Length: 10\r\n')
    await until(() => peer.closed)
    expect(peer.replies).toMatchObject([{ id: null, error: { code: -32700 } }])
    server.close()
    await until(() => !loop.alive)
  })

  test('may always be inside a frame, if each of its frames is in time', () => {
    const network = faultySyscalls(1, { faults: 'none' })
    const loop = new Loop({ syscalls: network, selector: 'epoll' })
    const server = listen(loop, answer, { port: 7000, frameTimeout: 100 })
    const text = frame(requestText(1, 'add', [1, 2]))
    let answers = 0
    network.connectPeer(7000, {
      onConnect(peer) {
        peer.send(text.slice(0, 10))
        const next = () => {
          peer.send(text.slice(10) + text.slice(0, 10))
          if (network.now() < 1_000) network.after(60, next)
        }
        network.after(60, next)
      },
      onData: () => answers++,
    })
    while (network.now() < 1_000) loop.turn(10)
    expect(answers).toBeGreaterThan(10)
    expect(server.connections).toBe(1)
    while (network.now() < 1_500) loop.turn(10)
    expect(server.connections).toBe(0)
  })

  test('a thousand at once are all served', async () => {
    const { server } = serveHere()
    const peers = await Promise.all(Array.from({ length: 1_000 }, () => RawPeer.connect(server.port)))
    await Promise.all(peers.map((peer, i) => peer.call(i, 'add', [i, 1])))
    expect(server.connections).toBe(1_000)
    for (const peer of peers) peer.socket.destroy()
    await until(() => server.connections === 0)
  })
})

test('what the kernel has no room for leaves as soon as there is some', () => {
  const network = faultySyscalls(1, { faults: 'none' })
  const onError = (error: unknown) => {
    throw error
  }
  const loop = new Loop({ syscalls: network, selector: 'epoll', onError })
  const server = listen(loop, answer, { port: 7000 })
  let bytes = 0
  network.connectPeer(server.port, {
    onConnect: (peer) => peer.send(frame(requestText(1, 'say', ['x'.repeat(100_000)]))),
    onData: (_, chunk) => (bytes += chunk.length),
  })
  for (let turns = 0; turns < 1_000 && bytes < 100_000; turns++) loop.turn(1_000)
  expect(bytes, 'bytes that have come').toBeGreaterThan(100_000)
  expect(network.now(), 'milliseconds until then').toBeLessThan(10_000)
})

describe('a peer that does not read', () => {
  const requests = Array.from({ length: 500 }, (_, i) => requestText(i, 'say', ['x'.repeat(1_000)]))

  function paused(requests: readonly Text[], options: ServerOptions = {}) {
    const network = faultySyscalls(1, { faults: 'none' })
    const loop = new Loop({ syscalls: network, selector: 'epoll' })
    const server = listen(loop, answer, { port: 7000, ...options })
    const framer = createFramer('content-length')
    const replies: unknown[] = []
    const peer = network.connectPeer(7000, {
      onConnect(peer) {
        peer.pause()
        for (const text of requests) peer.send(frame(text))
      },
      onData(_, bytes) {
        framer.push(bytes)
        for (let body; (body = framer.next()) !== undefined; ) replies.push(JSON.parse(body))
      },
    })
    return { network, loop, server, peer, replies }
  }

  test('is not read either, costs no turns, and gets everything once it reads', () => {
    const { network, loop, server, peer, replies } = paused(requests, { parked: 10 })
    const recv = vi.spyOn(network, 'recv')
    const nothingToDo = () => {
      const start = network.now()
      loop.turn(1_000)
      return network.now() - start >= 1_000
    }
    while (!nothingToDo());
    const read = recv.mock.results.reduce((sum, { value }) => sum + Math.max(0, value as number), 0)
    // Up to the high-water mark, what the kernel holds, what is parked, and what was read in the last turn.
    expect(read).toBeGreaterThan(64 * 1024)
    expect(read).toBeLessThan(2 * 64 * 1024)
    expect(nothingToDo()).toBe(true)
    peer.resume()
    while (replies.length < requests.length) loop.turn(1_000)
    expect(server.connections).toBe(1)
  })

  test('is cut off when what waits for it goes over the hard cap', () => {
    // All are read before the first is answered.
    const waiting = requests.map((_, i) => requestText(i, 'sleep', [1_000]))
    const { loop, server } = paused(waiting, {
      highWater: 1_000, hardCap: 10_000,
    })
    while (server.connections === 0) loop.turn(10)
    while (server.connections > 0) loop.turn(10)
    server.close()
    while (loop.alive) loop.turn(10_000)
  })
})

test('room to write is asked for only while something waits for it', () => {
  const network = faultySyscalls(1, { faults: 'none' })
  const loop = new Loop({ syscalls: network, selector: 'epoll' })
  const server = listen(loop, answer, { port: 7000 })
  let bytes = 0
  network.connectPeer(7000, {
    onConnect: (peer) => peer.send(frame(requestText(1, 'say', ['x'.repeat(100_000)]))),
    onData: (_, chunk) => (bytes += chunk.length),
  })
  while (bytes < 100_000) loop.turn(10)
  const wait = vi.spyOn(network.epoll, 'wait')
  const start = network.now()
  loop.turn(1_000)
  loop.turn(1_000)
  expect(wait).toHaveBeenCalledTimes(2)
  expect(network.now() - start).toBeGreaterThanOrEqual(2_000)
  expect(server.connections).toBe(1)
})

test('a peer that has ended costs no turns while its call is in flight', () => {
  const network = faultySyscalls(1, { faults: 'none' })
  const loop = new Loop({ syscalls: network, selector: 'epoll' })
  const server = listen(loop, answer, { port: 7000 })
  let bytes = 0
  network.connectPeer(7000, {
    onConnect(peer) {
      peer.send(frame(requestText(1, 'sleep', [10_000])))
      peer.end()
    },
    onData: (_, chunk) => (bytes += chunk.length),
  })
  const wait = vi.spyOn(network.epoll, 'wait')
  while (bytes === 0) loop.turn(20_000)
  expect(wait.mock.calls.length).toBeLessThan(10)
  expect(server.connections).toBe(0)
})

test('without file descriptors it rests, and goes on as soon as there are some', () => {
  const network = faultySyscalls(1, { faults: 'none', descriptors: 10 })
  const loop = new Loop({ syscalls: network, selector: 'epoll' })
  const server = listen(loop, answer, { port: 7000 })
  const answered: Peer[] = []
  for (let i = 0; i < 30; i++) {
    network.connectPeer(7000, {
      onConnect: (peer) => peer.send(frame(requestText(1, 'get_data'))),
      onData: (peer) => answered.push(peer),
    })
  }
  while (answered.length < 8) loop.turn(100)
  const accept = vi.spyOn(network, 'accept')
  const start = network.now()
  for (let i = 0; i < 100; i++) loop.turn(10)
  expect(network.now() - start).toBeGreaterThan(900)
  expect(accept.mock.calls.length).toBeLessThan(15)
  expect(answered).toHaveLength(8)
  // One goes, one comes.
  for (let closed = 0; closed < 30; closed++) {
    while (answered.length <= closed) loop.turn(10)
    answered[closed]!.close()
  }
  while (server.connections > 0) loop.turn(10)
})

describe('stop', () => {
  test('answers the calls in flight, ends the idle connections, then calls back', async () => {
    let answer: (() => void) | undefined
    const { server, loop } = serveHere((_, respond) => (answer = () => respond(null, 'at last')))
    const [idle, busy] = [await RawPeer.connect(server.port), await RawPeer.connect(server.port)]
    const waiting = busy.call(1, 'anything')
    await until(() => answer !== undefined && server.connections === 2)
    const stopped = vi.fn()
    server.close(stopped)
    await until(() => idle.closed)
    expect(stopped).not.toHaveBeenCalled()
    answer!()
    expect(await waiting).toBe('at last')
    await until(() => stopped.mock.calls.length === 1)
    expect(loop.alive).toBe(false)
    await expect(RawPeer.connect(server.port)).rejects.toThrow('ECONNREFUSED')
  })

  test('does not wait for ever', async () => {
    const { server } = serveHere(answer, { grace: 20 })
    const peer = await RawPeer.connect(server.port)
    peer.send([1, 'sleep', [60_000]])
    await peer.call(2, 'get_data')
    const stopped = vi.fn()
    server.close(stopped)
    await until(() => peer.closed && stopped.mock.calls.length === 1)
  })
})
