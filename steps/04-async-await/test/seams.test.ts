import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as net from 'node:net'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { requestText } from '@rpc-steps/wire'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { accepting, answer, childStream, connect, Context, Key, listen, methods, Peer, RpcError, serving } from '../src/index.ts'
import type { Answer, Call, Clock, Handler, PeerOptions, RequestContext, Server } from '../src/index.ts'
import { duplexPair } from './duplex-pair.ts'

// What the later steps stand on. Each seam is shown by the smallest filter that needs it.

const here = { host: '127.0.0.1', port: 0 }
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).reverse().map((end) => end.close()))
})

async function pair(handler: Handler, server: PeerOptions = {}, client: PeerOptions = {}): Promise<[Server, Peer]> {
  const listener = await listen(handler, here, { grace: 500, ...server })
  open.push(listener)
  const peer = await connect(listener, { grace: 500, ...client })
  open.push(peer)
  return [listener, peer]
}

describe('what rides beside a request', () => {
  test('is asked for when the request is written, and reaches the handler', async () => {
    const [, peer] = await pair((request) => ({ meta: { ...request.meta }, trace: request.traceparent ?? null }))
    const deadlined = (call: Call, ms: number): Call => (method, params, options) =>
      call(method, params, { ...options, extras: () => ({ meta: { timeoutMs: ms }, traceparent: '00-1-2-01' }) })
    expect(await deadlined(peer.call, 250)('x')).toEqual({ meta: { timeoutMs: 250 }, trace: '00-1-2-01' })
    expect(await peer.call('x')).toEqual({ meta: {}, trace: null })
  })

  test('and a call says to whom and as what it was sent', async () => {
    const [, peer] = await pair(answer)
    const sent: [Peer, number][] = []
    await peer.call('add', [1, 2], { sent: (...where) => sent.push(where) })
    expect(sent).toEqual([[peer, 1]])
  })
})

test('a cancel, as step 07 will write it: the request ends, its handler is told, and its reply comes', async () => {
  const running = new Map<unknown, RequestContext>()
  const cancellable = (handler: Handler): Handler => async (request, context) => {
    running.set(request.id, context)
    try {
      return await handler(request, context)
    } finally {
      running.delete(request.id)
    }
  }
  const cancels = (peer: Peer) => {
    peer.onNotification('$/cancelRequest', (params) => {
      running.get((params as { id: number }).id)?.abort(Object.assign(new Error('cancelled'), { name: 'AbortError' }))
    })
    peer.onAbandoned((id) => void peer.notify('$/cancelRequest', { id }))
  }
  let stopped = () => {}
  const told = new Promise<void>((resolve) => (stopped = resolve))
  const handler = cancellable((_, { signal }) => new Promise(() => signal.addEventListener('abort', () => stopped())))
  const [server, peer] = await pair(handler, { extensions: [cancels], log: () => {} }, { extensions: [cancels] })
  const controller = new AbortController()
  const call = peer.call('x', [], { signal: controller.signal })
  await expect.poll(() => running.size).toBe(1)
  controller.abort(new Error('enough'))
  await expect(call).rejects.toThrow('enough')
  await told
  await expect.poll(() => peer.stats.unanswered).toBe(0)
  expect([...server.peers].map((end) => end.stats.requests)).toEqual([0])
})

describe('who asks', () => {
  const Name = new Key<string>('name')

  test('has values of its own, which the contexts of its requests see', async () => {
    const named = (peer: Peer) => peer.set(Name, 'Ada')
    const [, peer] = await pair((_, context) => context.get(Name) ?? 'nobody', { extensions: [named] })
    expect(await peer.call('whoami')).toBe('Ada')
  })

  test('may be nobody: a context can be made without a peer', async () => {
    const context = new Context()
    expect(context.peer).toBeUndefined()
    await expect(context.call('x')).rejects.toMatchObject({ code: -32601 })
    expect(await answer({ jsonrpc: '2.0', id: 1, method: 'add', params: [1, 2] }, context)).toBe(3)
  })

  test('may be talked to first', async () => {
    const [, peer] = await pair(answer, { extensions: [(peer) => void peer.notify('welcome')] }, {
      extensions: [(peer) => peer.onNotification('welcome', () => peer.set(Name, 'welcome'))],
    })
    await expect.poll(() => peer.get(Name)).toBe('welcome')
  })
})

describe('a request, seen when it is read', () => {
  /** Notes `1` when request 1 is read, and `1 answered` when its answer leaves. */
  const watching = (seen: string[]) => (peer: Peer) =>
    peer.onRequest(({ id }, respond) => {
      seen.push(`${id}`)
      return (error, result) => {
        seen.push(`${id} answered`)
        respond(error, result)
      }
    })

  test('is answered once, whoever does it: the handler at once, late, by an error, or an abort before it', async () => {
    const seen: string[] = []
    const waits: ((value: Answer) => void)[] = []
    const handler: Handler = (request, context) => {
      if (request.method !== 'aborted') return answer(request, context)
      context.abort(new RpcError(7, 'enough'))
      return new Promise((resolve) => waits.push(resolve))
    }
    const [server, peer] = await pair(handler, { extensions: [watching(seen)], log: () => {} })
    const calls = [peer.call('add', [1, 2]), peer.call('sleep', [1]), peer.call('fail', []), peer.call('nothing'), peer.call('aborted')]
    await peer.notify('add', [1, 2])
    await Promise.allSettled(calls)
    for (const resolve of waits) resolve('late')
    await expect.poll(() => [...server.peers].map(({ stats }) => stats.handling)).toEqual([0])
    expect(await peer.call('say', ['after'])).toBe('You said: after')
    const ids = ['1', '2', '3', '4', '5', '6']
    expect(seen.toSorted()).toEqual(ids.flatMap((id) => [id, `${id} answered`]))
  })

  test('though it waits unrun, and when it is refused unrun', async () => {
    const seen: string[] = []
    const ran: unknown[] = []
    const [near, far] = duplexPair()
    const handler: Handler = ({ id }) => (ran.push(id), 'x'.repeat(200_000))
    const peer = new Peer(near, { handler, highWater: 10, extensions: [watching(seen)] })
    onTestFinished(() => peer.destroy())
    const ask = (id: number) => {
      const text = requestText(id, 'x')
      far.write(`Content-Length: ${text.length}\r\n\r\n${text}`)
    }
    ask(1)
    await expect.poll(() => seen).toEqual(['1', '1 answered'])
    ask(2)
    await expect.poll(() => seen).toEqual(['1', '1 answered', '2'])
    expect(ran).toEqual([1])
    const closed = peer.close()
    ask(3)
    await expect.poll(() => seen.slice(3)).toEqual(['3', '3 answered'])
    far.resume()
    await expect.poll(() => seen.slice(5)).toEqual(['2 answered'])
    expect(ran).toEqual([1, 2])
    far.end()
    await closed
  })
})

test('room: nobody is asked to wait before there is none, and whoever waits goes on when there is', async () => {
  const [near, far] = duplexPair()
  const peer = new Peer(near, { highWater: 1_000 })
  onTestFinished(() => peer.destroy())
  expect(peer.room).toBeUndefined()
  void peer.notify('$/x', ['x'.repeat(100)])
  expect(peer.room).toBeUndefined()
  void peer.notify('$/x', ['x'.repeat(200_000)])
  const { room } = peer
  expect(room).toBeInstanceOf(Promise)
  expect(peer.room, 'one for all').toBe(room)
  let there = false
  void room!.then(() => (there = true))
  await new Promise((resolve) => setImmediate(resolve))
  expect(there, 'nothing was read').toBe(false)
  far.resume()
  await room
  expect(peer.room).toBeUndefined()
  void peer.notify('$/x', ['x'.repeat(200_000)])
  await peer.room // again
  expect(peer.room).toBeUndefined()
})

describe('ended', () => {
  const state = async (promise: Promise<unknown>) => {
    const open = Symbol('open')
    const first = await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, open))])
    return first === open ? 'not yet' : first
  }

  test('is when the other end sends no more: what it has asked is answered all the same, then it is closed', async () => {
    let finish = (_: Answer) => {}
    const handler: Handler = () => new Promise((resolve) => (finish = resolve))
    const [server, peer] = await pair(handler)
    const call = peer.call('x')
    await expect.poll(() => [...server.peers].map(({ stats }) => stats.handling)).toEqual([1])
    const [there] = [...server.peers]
    expect(await state(there!.ended)).toBe('not yet')
    const socket = net.connect({ port: server.port, host: server.host, allowHalfOpen: true })
    onTestFinished(() => void socket.destroy())
    const text = requestText(1, 'x')
    socket.end(`Content-Length: ${text.length}\r\n\r\n${text}`)
    await expect.poll(() => server.peers.size).toBe(2)
    const [, half] = [...server.peers]
    expect(await half!.ended).toBeUndefined()
    expect(half!.stats.handling).toBe(1)
    expect(await state(half!.closed)).toBe('not yet')
    finish('answered')
    let answer = ''
    for await (const chunk of socket) answer += String(chunk)
    expect(answer).toContain('answered')
    expect(await half!.closed).toBeUndefined()
    peer.destroy()
    await expect(call).rejects.toMatchObject({ code: 'ERR_DISCONNECTED' })
  })

  test('says why, if it was not in order', async () => {
    const ends = Array.from({ length: 3 }, () => duplexPair())
    const [garbled, broken, closed] = ends.map(([near]) => new Peer(near, { linger: 50 }))
    for (const [, far] of ends) far.resume()
    ends[0]![1].write('garbage\r\n\r\n')
    expect(await garbled!.ended).toMatchObject({ code: 'ERR_FRAMING' })
    broken!.destroy(new Error('enough'))
    expect(await broken!.ended).toMatchObject({ message: 'enough' })
    void closed!.close()
    expect(await closed!.ended).toBeUndefined()
    garbled!.destroy()
    closed!.destroy()
  })
})

test('time is a parameter: a handler sleeps on the clock that its peer was given', async () => {
  const jobs: (() => void)[] = []
  const clock: Clock = { now: () => 0, after: (_, job) => (jobs.push(job), () => {}) }
  const [near, far] = duplexPair()
  const server = new Peer(near, { handler: (_, context) => context.sleep(1e9).then(() => 'slept'), clock })
  const client = new Peer(far)
  const call = client.call('x')
  await expect.poll(() => server.stats.handling).toBe(1)
  for (const job of jobs) job()
  expect(await call).toBe('slept')
  near.destroy()
})

test('methods by their names, and the chain of filters around them', async () => {
  const log: string[] = []
  const logged = (handler: Handler, name: string): Handler => (request, context) => {
    log.push(`${name} ${request.method}`)
    return handler(request, context)
  }
  const table = methods({ double: ({ n }: { n: number }) => 2 * n, who: async (_: unknown, context) => context.call('name') })
  const [, peer] = await pair(logged(logged(table, 'inner'), 'outer'), {}, { handler: methods({ name: () => 'Ada' }) })
  expect(await peer.call('double', { n: 21 })).toBe(42)
  expect(await peer.call('who')).toBe('Ada')
  expect(log).toEqual(['outer double', 'inner double', 'outer who', 'inner who'])
})

describe('any stream', () => {
  test('that does not stay half open, which is what TLS gives, gets the answers in flight', async () => {
    const server = net.createServer({ allowHalfOpen: false }, (socket) => {
      new Peer(socket, { handler: (_, context) => context.sleep(20).then(() => 'answered') })
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as net.AddressInfo
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }).setEncoding('utf8')
    const request = requestText(1, 'x')
    socket.end(`Content-Length: ${request.length}\r\n\r\n${request}`)
    let text = ''
    for await (const chunk of socket) text += String(chunk)
    expect(text).toContain('answered')
  })

  const over: [string, (stream: Duplex, far: Duplex) => unknown][] = [
    ['was destroyed', (stream) => stream.destroy()],
    ['has failed', (stream) => stream.on('error', () => {}).destroy(new Error('broken'))],
    ['has ended', (stream, far) => (stream.resume(), far.end())],
    ['takes no more', (stream) => stream.end()],
  ]
  test.each(over)('that %s before: calls and close come to an end', async (_, end) => {
    const [near, far] = duplexPair()
    far.resume()
    end(near, far)
    await new Promise((resolve) => setImmediate(resolve))
    const peer = new Peer(near, { grace: 50, linger: 50, sendTimeout: 50 })
    await expect(peer.call('x')).rejects.toMatchObject({ code: 'ERR_DISCONNECTED' })
    await peer.close()
    await peer.closed
  })

  test('of a child process: both ways, and to its end', async () => {
    const program = fileURLToPath(new URL('fixtures/child.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program], { stdio: ['pipe', 'pipe', 'inherit'] })
    const peer = new Peer(childStream(child), { handler: methods({ name: () => 'Ada' }), grace: 5_000 })
    expect(await peer.call('greet')).toBe('Hello, Ada!')
    const lost = peer.call('leave')
    await expect(lost).rejects.toMatchObject({ code: 'ERR_DISCONNECTED' })
    await peer.closed
    await once(child, 'exit')
  })
})

test('who may come in is asked before there is a peer', async () => {
  let room = 1
  const { accept, peers } = accepting(() => (room-- > 0 ? { handler: answer, framing: 'auto' } : undefined))
  const server = await serving(net.createServer(accept), peers, here)
  open.push(server)
  const [first, second] = [await connect(server), await connect(server)]
  await second.closed
  expect(await first.call('add', [1, 2])).toBe(3)
  expect(server.peers.size).toBe(1)
  await first.close()
})

describe('two ends that call each other', () => {
  test.each([
    [500, 10_000, {}],
    [300, 600, { highWater: 4_000 }],
    [2_000, 10, { highWater: 100, window: 16, parked: 16 }],
    [20, 1_000_000, {}],
  ])('%i times at once, with %i bytes: all are answered', async (count, size, limits) => {
    const text = 'x'.repeat(size)
    const echo: Handler = ({ params }) => (params as string[])[0]!
    const [server, peer] = await pair(echo, limits, { handler: echo, ...limits })
    await peer.call('x', ['first'])
    const ends = [peer, ...server.peers]
    const calls = ends.flatMap((end) => Array.from({ length: count }, () => end.call('x', [text])))
    for (const result of await Promise.all(calls)) expect(result).toBe(text)
    for (const end of ends) expect(end.stats).toMatchObject({ pending: 0, unanswered: 0, requests: 0, held: 0 })
  })

  test('and give them all up do not wait for each other', async () => {
    const limits = { highWater: 1_000, parked: 1, grace: 500 }
    const echo: Handler = ({ params }) => (params as string[])[0]!
    const [server, peer] = await pair(echo, limits, { handler: echo, ...limits })
    await peer.call('x', ['first'])
    const controller = new AbortController()
    const ends = [peer, ...server.peers]
    const calls = ends.flatMap((end) =>
      Array.from({ length: 100 }, () => end.call('x', ['x'.repeat(100_000)], { signal: controller.signal })),
    )
    controller.abort(new Error('enough'))
    expect((await Promise.allSettled(calls)).every(({ status }) => status === 'rejected')).toBe(true)
    expect(await peer.call('x', ['later'])).toBe('later')
    await expect.poll(() => ends.map((end) => end.stats.unanswered)).toEqual([0, 0])
  })
})

test('a server closes under load: what was asked is answered, the rest is told to go elsewhere', async () => {
  let asked = 0
  let release = (_: Answer) => {}
  const last = new Promise<Answer>((resolve) => (release = resolve))
  const handler: Handler = ({ method }, context) =>
    method === 'last' ? last : context.sleep(5 + 7 * (asked++ % 5)).then(() => 1)
  const [server, peer] = await pair(handler, { grace: 5_000 })
  const outcomes = { answered: 0, refused: 0, disconnected: 0 }
  const worker = async () => {
    for (;;) {
      try {
        await peer.call('x')
        outcomes.answered++
      } catch (error) {
        const { code } = error as { code: unknown }
        if (code === -32014) outcomes.refused++
        else return void outcomes.disconnected++
      }
    }
  }
  const workers = Array.from({ length: 8 }, worker)
  const answered = peer.call('last')
  await expect.poll(() => outcomes.answered).toBeGreaterThan(20)
  const closed = server.close()
  await expect.poll(() => outcomes.refused).toBeGreaterThan(0)
  release('at last')
  expect(await answered).toBe('at last')
  await closed
  await Promise.all(workers)
  expect(outcomes.disconnected).toBe(8)
})
