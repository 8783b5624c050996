import { once } from 'node:events'
import * as net from 'node:net'
import { DisconnectedError, RpcError } from '@rpc-steps/async-await'
import type { Handler, Peer } from '@rpc-steps/async-await'
import { createFramer, notificationText, requestText } from '@rpc-steps/wire'
import { describe, expect, onTestFinished, test } from 'vitest'
import { orders, queued } from '../src/index.ts'
import { dial, served, turn } from './support.ts'

const { frame } = createFramer('content-length')
const none = { queued: 0, running: 0 }

/** A handler that answers when the test opens it. */
function gated(answer: Handler = ({ id }) => id ?? null) {
  let open = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  const begun: (Peer | undefined)[] = []
  const handler: Handler = async (request, context) => {
    begun.push(context.peer)
    await opened
    return answer(request, context)
  }
  onTestFinished(() => open())
  return { handler, open, begun }
}

/** A client that has asked so many times at once, and reads what comes. */
async function flooder({ port, host }: { port: number; host: string }, calls: number): Promise<net.Socket> {
  const socket = net.connect(port, host).on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.write(Array.from({ length: calls }, (_, id) => frame(requestText(id, 'x'))).join(''))
  return socket
}

/** How many calls came to what: `done`, an error's code, or `lost`. */
async function count(calls: Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const result of await Promise.allSettled(calls)) {
    const { reason } = result as { reason?: unknown }
    const name = reason instanceof RpcError ? String(reason.code) : reason instanceof DisconnectedError ? 'lost' : 'done'
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

test.each(orders)('%s: of a flood as much is taken on as there is room for, and the rest is told', async (order) => {
  const { handler, open } = gated()
  const queue = queued(handler, { workers: 5, capacity: 20, order })
  const peer = await dial(await served(queue))
  const calls = Array.from({ length: 5_000 }, () => peer.call('x'))
  // Settled once they are refused: those that were accepted are not.
  const refused = calls.map((call) => call.then(() => 0, (error: RpcError) => error.data))
  const first = (await Promise.race(refused)) as { status: string; retryAfterMs: number }
  expect(first).toEqual({ status: 'RESOURCE_EXHAUSTED', retryAfterMs: (20 / 5) * 100 })
  await expect.poll(() => peer.stats.pending).toBe(25)
  expect(queue.places).toEqual({ accepted: 25, queued: 20, running: 5, answered: 0 })
  open()
  expect(await count(calls)).toEqual({ done: 25, '-32029': 4_975 })
  expect(queue.places).toEqual({ accepted: 25, answered: 25, ...none })
})

describe('a client that goes', () => {
  test('takes what it has in the queue with it, and nothing else', async () => {
    const { handler, open, begun } = gated()
    const queue = queued(handler, { workers: 1, capacity: 10 })
    const server = await served(queue)
    const stays = await dial(server)
    const kept = count([stays.call('x'), stays.call('x')])
    await expect.poll(() => queue.places.queued).toBe(1)
    const goes = await flooder(server, 3)
    await expect.poll(() => queue.places.queued).toBe(4)
    goes.resetAndDestroy()
    await expect.poll(() => queue.places.queued).toBe(1)
    open()
    expect(await kept).toEqual({ done: 2 })
    expect(begun).toHaveLength(2)
  })

  test('without a reset looks like one that only sends no more, until an answer comes back', async () => {
    let begun = 0
    const queue = queued((_, context) => (begun++, context.sleep(20).then(() => 'x')), { workers: 1, capacity: 1_000 })
    const goes = await flooder(await served(queue), 1_000)
    await expect.poll(() => queue.places.accepted).toBe(1_000)
    goes.destroy()
    await expect.poll(() => queue.places).toMatchObject(none)
    expect(begun).toBeLessThan(100)
  })

  test('that resets, a hundred times, leaves no place taken', async () => {
    const queue = queued((_, context) => context.sleep(60_000), { workers: 3, capacity: 7 })
    const server = await served(queue)
    for (let i = 0; i < 100; i++) {
      const socket = await flooder(server, 20)
      await once(socket, 'data') // a refusal: so the queue is full
      expect(queue.places).toMatchObject({ queued: 7, running: 3 })
      socket.resetAndDestroy()
      await expect.poll(() => queue.places, { interval: 1 }).toMatchObject(none)
    }
  })

  test('that only ends its side still gets what it has asked for', async () => {
    const queue = queued((_, context) => context.sleep(10).then(() => 'done'), { workers: 1, capacity: 10 })
    const server = await served(queue)
    const socket = net.connect(server.port, server.host).setEncoding('utf8')
    let text = ''
    socket.on('data', (chunk: string) => (text += chunk))
    socket.end([1, 2, 3].map((id) => frame(requestText(id, 'x'))).join(''))
    await once(socket, 'end')
    expect(text.match(/"result":"done"/g)).toHaveLength(3)
  })
})

test('drain: what was accepted is answered, what comes is told to go elsewhere', async () => {
  const { handler, open } = gated()
  const queue = queued(handler, { workers: 2, capacity: 10 })
  const server = await served(queue)
  const peer = await dial(server)
  const calls = Array.from({ length: 6 }, () => peer.call('x'))
  await expect.poll(() => queue.places.accepted).toBe(6)
  const drained = queue.drain()
  await expect(peer.call('x')).rejects.toMatchObject({ code: -32014, data: { status: 'UNAVAILABLE' } })
  const late = await dial(server)
  await expect(late.call('x')).rejects.toMatchObject({ code: -32014 })
  open()
  await drained
  expect(await count(calls)).toEqual({ done: 6 })
})

test('notifications wait like requests; of those that find no room nothing is heard', async () => {
  const { handler, open, begun } = gated()
  const queue = queued(handler, { workers: 1, capacity: 2 })
  const server = await served(queue)
  const socket = net.connect(server.port, server.host).setEncoding('utf8')
  let text = ''
  socket.on('data', (chunk: string) => (text += chunk))
  for (let i = 0; i < 9; i++) socket.write(frame(notificationText('x')))
  socket.write(frame(requestText(1, 'x')))
  await expect.poll(() => text).toContain('-32029')
  open()
  await expect.poll(() => queue.places).toEqual({ accepted: 3, answered: 3, ...none })
  expect(begun).toHaveLength(3)
  socket.write(frame(requestText(2, 'x')))
  await expect.poll(() => text).toContain('"id":2')
  expect(text.match(/Content-Length/g)).toHaveLength(2)
  socket.destroy()
})

test('two peers that flood each other both go on answering, and every call has its outcome', async () => {
  const make = () => queued(async ({ id }) => (await turn(), id ?? null), { workers: 4, capacity: 50, order: 'fair' })
  const queues = [make(), make()]
  const server = await served(queues[0]!)
  const near = await dial(server, { handler: queues[1]! })
  await expect.poll(() => server.peers.size).toBe(1)
  const [far] = server.peers
  const flood = (peer: Peer) => count(Array.from({ length: 5_000 }, () => peer.call('x', ['x'.repeat(500)])))
  const outcomes = await Promise.all([flood(near), flood(far!)])
  for (const { done = 0, '-32029': refused = 0, ...others } of outcomes) {
    expect(others).toEqual({})
    expect(done + refused).toBe(5_000)
    expect(done).toBeGreaterThanOrEqual(50)
  }
  for (const { places } of queues) expect(places).toMatchObject(none)
})

test.each([
  ['fair', { done: 20 }],
  ['fifo', { '-32029': expect.any(Number) }],
] as const)('beside one who floods without end, somebody who asks now and then is served: %s', async (order, outcomes) => {
  const queue = queued(async () => (await turn(), null), { workers: 2, capacity: 20, order })
  const server = await served(queue)
  const [greedy, quiet] = [await dial(server), await dial(server)]
  let over = false
  onTestFinished(() => void (over = true))
  // A hundred at a time, each asked again as soon as it is answered or refused.
  const flood = Promise.all(Array.from({ length: 100 }, async () => {
    while (!over && greedy.state === 'open') await greedy.call('x').catch(() => {})
  }))
  await expect.poll(() => queue.places.answered).toBeGreaterThan(100)
  const asked: Promise<unknown>[] = []
  for (let i = 0; i < 20; i++) {
    asked.push(quiet.call('x'))
    await asked[i]!.catch(() => {})
  }
  over = true
  await flood
  expect(await count(asked)).toMatchObject(outcomes)
})

test('a thousand clients at once, fair: each has its first call answered before any its second', async () => {
  const { handler, open, begun } = gated()
  const queue = queued(handler, { workers: 1, capacity: 3_000, order: 'fair' })
  const server = await served(queue)
  const first = await dial(server)
  const calls = [first.call('x')]
  await expect.poll(() => queue.places.running).toBe(1)
  const clients = await Promise.all(Array.from({ length: 1_000 }, () => dial(server)))
  for (const client of clients) for (let i = 0; i < 3; i++) calls.push(client.call('x'))
  await expect.poll(() => queue.places.queued).toBe(3_000)
  open()
  expect(await count(calls)).toEqual({ done: 3_001 })
  for (const round of [0, 1, 2]) {
    expect(new Set(begun.slice(1 + round * 1_000, 1 + (round + 1) * 1_000)).size).toBe(1_000)
  }
})

test('megabytes wait their turn, and come back as they went', async () => {
  const { handler, open } = gated(({ params }) => (params as string[])[0]!)
  const queue = queued(handler, { workers: 2, capacity: 30 })
  const peer = await dial(await served(queue))
  const texts = Array.from({ length: 32 }, (_, i) => String.fromCharCode(97 + (i % 26)).repeat(1024 * 1024))
  const calls = texts.map((text) => peer.call('x', [text]))
  await expect.poll(() => queue.places.running).toBeGreaterThan(0)
  open()
  for (const [i, call] of calls.entries()) expect((await call) === texts[i]).toBe(true)
  expect(queue.places).toEqual({ accepted: 32, answered: 32, ...none })
})

test('megabytes that are refused are not kept, however many they are', async () => {
  const { handler } = gated()
  const queue = queued(handler, { workers: 1, capacity: 1 })
  const server = await served(queue)
  const first = await dial(server)
  const kept = count([first.call('x'), first.call('x')])
  await expect.poll(() => queue.places.queued).toBe(1)
  const peer = await dial(server)
  const megabytes = [...'ab'].map((letter) => letter.repeat(2 * 1024 * 1024))
  const before = process.memoryUsage().rss
  for (let i = 0; i < 150; i++) {
    await expect(peer.call('x', [megabytes[i % 2]!])).rejects.toMatchObject({ code: -32029 })
  }
  // 300 MiB went by.
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024)
  first.destroy()
  expect(await kept).toEqual({ lost: 2 })
})
