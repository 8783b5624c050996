import { answer, listen } from '@rpc-steps/async-await'
import type { Json } from '@rpc-steps/async-await'
import { deadlined, inTime } from '@rpc-steps/deadlines'
import { FakeClock } from '@rpc-steps/session/testing'
import { queued } from '@rpc-steps/task-queue'
import type { QueueOptions } from '@rpc-steps/task-queue'
import { describe, expect, onTestFinished, test } from 'vitest'
import { mostCredit, stream, streamed, streaming, streams, upload } from '../src/index.ts'
import type { StreamHandler } from '../src/index.ts'
import { cancel, credit, dial, items, open, rawClient, request, turn } from './support.ts'

const service = streaming(answer)

/** A queue, deadlines and streams around a handler, with time that goes when the test says so. */
async function composed(handler: StreamHandler, options: QueueOptions = {}) {
  const clock = new FakeClock()
  const queue = queued(inTime(streamed(handler)), { workers: 1, clock, ...options })
  const log = (line: string) => {
    throw new Error(line)
  }
  const at = await listen(deadlined(queue, clock), { host: '127.0.0.1', port: 0 }, { grace: 500, extensions: [streams], log })
  onTestFinished(() => at.close())
  return { at, clock, queue, idle: { queued: 0, running: 0 } }
}

/** `endless` counts, as far as it is granted, and says what became of each; all else is answered at once. */
function stage(of: (n: number) => Json = (n) => n) {
  const begun: unknown[] = []
  const ended: unknown[] = []
  async function* numbers(id: unknown) {
    begun.push(id)
    try {
      for (let n = 1; ; n++) yield of(n)
    } finally {
      ended.push(id)
    }
  }
  const handler: StreamHandler = (request, context) => {
    if (request.method === 'endless') return numbers(request.id)
    if (request.method === 'at once') return 'done'
    return service(request, context)
  }
  return { handler, begun, ended }
}
const endless = (id: unknown, granted: number, timeoutMs?: number) =>
  request(id, 'endless', undefined, { credit: granted, ...(timeoutMs !== undefined && { timeoutMs }) })

describe('a deadline and a stream', () => {
  test('it is for the whole: items and credit give no more time', async () => {
    const { handler, ended } = stage()
    const { at, clock, queue, idle } = await composed(handler)
    const { say, heard } = await rawClient(at)
    say(endless(1, 1, 300))
    await expect.poll(heard).toEqual(['stream/down 1: 1'])
    for (const n of [2, 3]) {
      clock.pass(100)
      say(credit(1, 1))
      await expect.poll(() => heard().at(-1)).toBe(`stream/down 1: ${n}`)
    }
    clock.pass(99)
    say(credit(1, 1))
    await expect.poll(() => heard().at(-1)).toBe('stream/down 1: 4')
    clock.pass(1)
    await expect.poll(() => heard().at(-1)).toBe('1: -32008')
    await expect.poll(() => ended).toEqual([1])
    expect(queue.places).toMatchObject(idle)
    expect([clock.timers, ...open(at.peers)]).toEqual([0, 0])
  })

  test('and one that comes to its end in time leaves no timer', async () => {
    const { at, clock } = await composed(service)
    const { say, heard } = await rawClient(at)
    say(request(1, 'count', { to: 3 }, { credit: 9, timeoutMs: 300 }))
    await expect.poll(heard).toEqual(['stream/down 1: 1 2 3', '1: null'])
    expect(clock.timers).toBe(0)
  })

  test('a call that a generator makes inherits what is left when it makes it', async () => {
    const left: unknown[] = []
    const { at, clock } = await composed(async function* (_, { call }) {
      yield 1
      yield await call('left')
    })
    const peer = await dial(at, { handler: ({ meta }) => (left.push(meta?.timeoutMs), 'answered') })
    const extras = () => ({ meta: { timeoutMs: 300 } })
    const reader = stream(peer.call, 'x', undefined, { credit: 1, extras })[Symbol.asyncIterator]()
    await expect.poll(() => [...at.peers].map(({ stats }) => stats.handling)).toEqual([1])
    await expect.poll(() => left).toEqual([300]) // one item is made ahead of the credit for it
    clock.pass(120)
    expect([await reader.next(), await reader.next()].map(({ value }) => value as Json)).toEqual([1, 'answered'])
    expect(await reader.next()).toMatchObject({ done: true })
  })
})

describe('a queue, a deadline and a stream', () => {
  test('who expires in the queue leaves it unserved: its generator is never begun', async () => {
    const { handler, begun } = stage()
    const { at, clock, queue } = await composed(handler)
    const { say, heard } = await rawClient(at)
    say(endless(1, 1), endless(2, 5, 300), credit(2, 5), endless(3, 1))
    await expect.poll(() => queue.places.queued).toBe(2)
    clock.pass(300)
    await expect.poll(heard).toEqual(['stream/down 1: 1', '2: -32008'])
    expect(queue.places).toMatchObject({ queued: 1, running: 1 })
    say(credit(2, 1), cancel(2), cancel(1))
    await expect.poll(() => heard().slice(2)).toEqual(['1: -32800', 'stream/down 3: 1'])
    expect(begun).toEqual([1, 3])
    expect(open(at.peers)).toEqual([1])
  })

  test('nor is that of one who has expired while the processor was busy', async () => {
    const { handler, begun } = stage()
    const { at, clock, queue } = await composed(handler)
    const { say, heard } = await rawClient(at)
    say(endless(1, 1), endless(2, 5, 300), request(3, 'echo', undefined, { credit: 1, stream: true, timeoutMs: 300 }))
    await expect.poll(() => queue.places.queued).toBe(2)
    clock.skip(300) // no timer has had its turn
    say(cancel(1))
    await expect.poll(heard).toEqual(['stream/down 1: 1', '1: -32800', '2: -32008', '3: -32008'])
    expect(begun).toEqual([1])
    expect([clock.timers, ...open(at.peers)]).toEqual([0, 0])
  })

  test.each([['a cancel'], ['a disconnect'], ['broken rules']])('who ends in the queue by %s leaves it unserved', async (how) => {
    const { handler, begun } = stage()
    const { at, queue } = await composed(handler)
    const [first, second] = [await rawClient(at), await rawClient(at)]
    first.say(endless(1, 1))
    await expect.poll(() => queue.places.running).toBe(1)
    second.say(endless(1, 5), request(2, 'total', undefined, { stream: true }))
    await expect.poll(() => queue.places.queued).toBe(2)
    if (how === 'a disconnect') second.socket.resetAndDestroy()
    else if (how === 'a cancel') second.say(cancel(1), cancel(2))
    else second.say(credit(1, -1), items(2, [1]))
    if (how === 'a cancel') await expect.poll(second.heard).toEqual(['1: -32800', '2: -32800'])
    if (how === 'a disconnect') await expect.poll(() => queue.places.queued).toBe(0)
    first.say(cancel(1))
    if (how === 'broken rules') await expect.poll(second.heard).toEqual(['1: -32600', '2: -32600'])
    await expect.poll(() => queue.places).toMatchObject({ queued: 0, running: 0 })
    expect(begun).toEqual([1])
  })

  test('what streams up waits for its turn without a word of credit, and is let go of when its time is over', async () => {
    const { handler } = stage()
    const { at, clock, queue } = await composed(handler)
    const peer = await dial(at)
    const busy = await rawClient(at)
    busy.say(endless(1, 1))
    await expect.poll(() => queue.places.running).toBe(1)
    let ended = 0
    const up = (function* () {
      try {
        for (;;) yield 1
      } finally {
        ended++
      }
    })()
    const sum = upload(peer.call, 'total', undefined, up, { extras: () => ({ meta: { timeoutMs: 300 } }) })
    await expect.poll(() => queue.places.queued).toBe(1)
    clock.pass(300)
    await expect(sum).rejects.toMatchObject({ code: -32008 })
    await expect.poll(() => ended).toBe(1)
    expect(open([peer])).toEqual([0])
  })
})

describe('a place in the queue', () => {
  test('is held until the last item is on its way, however slowly they are taken', async () => {
    const { at, queue } = await composed(service)
    const peer = await dial(at)
    const reader = stream(peer.call, 'count', { to: 6 }, { credit: 2 })[Symbol.asyncIterator]()
    const taken: unknown[] = []
    let served = false
    const said = peer.call('say', { text: 'a' }).then(() => (served = true))
    await expect.poll(() => queue.places).toMatchObject({ queued: 1, running: 1 })
    for (let n = 1; n <= 4; n++) {
      taken.push((await reader.next()).value)
      // An answer that could come would be here before this one.
      await rawEcho(at)
      // Of 6 with 2 ahead, the last is on its way when the fourth is taken.
      if (n < 4) expect(served, `after ${n}`).toBe(false)
    }
    await said
    expect(taken).toEqual([1, 2, 3, 4])
    expect([await reader.next(), await reader.next(), await reader.next()].map(({ value }) => value as unknown)).toEqual([5, 6, undefined])
  })

  test('or until who reads it stops', async () => {
    const { handler, ended } = stage()
    const { at, queue, idle } = await composed(handler)
    const peer = await dial(at)
    const reading = (async () => {
      for await (const n of stream(peer.call, 'endless', undefined, { credit: 4 })) if (n === 100) break
    })()
    const said = peer.call('say', { text: 'a' })
    await reading
    expect(await said).toBe('You said: a')
    expect(ended).toHaveLength(1)
    await expect.poll(() => queue.places).toMatchObject(idle)
  })

  test('or until the deadline, if who reads it has stalled: with no credit', async () => {
    const { handler, ended } = stage()
    const { at, clock } = await composed(handler)
    const { say, heard } = await rawClient(at)
    say(endless(1, 2, 300), request(2, 'at once'))
    await expect.poll(heard).toEqual(['stream/down 1: 1 2'])
    clock.pass(299)
    await rawEcho(at)
    expect(heard()).toHaveLength(1)
    clock.pass(1)
    await expect.poll(heard).toEqual(['stream/down 1: 1 2', '1: -32008', '2: "done"'])
    expect(ended).toEqual([1])
  })

  test('or until the deadline, if who reads it has stalled: with its socket full', async () => {
    const { handler, ended } = stage(() => 'x'.repeat(10_000))
    const { at, clock, queue } = await composed(handler)
    const [stalled, other] = [await rawClient(at), await rawClient(at)]
    stalled.socket.pause()
    stalled.say(endless(1, mostCredit, 300))
    await expect.poll(() => [...at.peers].some(({ stats }) => stats.held > 60_000)).toBe(true)
    other.say(request(2, 'at once'))
    await expect.poll(() => queue.places.queued).toBe(1)
    clock.pass(300)
    await expect.poll(other.heard).toEqual(['2: "done"'])
    expect(ended).toEqual([1])
    stalled.socket.resume()
    await expect.poll(() => stalled.heard().at(-1)).toBe('1: -32008')
  })

  test('is kept by a generator that hears nothing until that has ended; its caller has the answer at once', async () => {
    let goOn = () => {}
    const gate = new Promise<void>((resolve) => (goOn = resolve))
    const { at } = await composed(async function* ({ method }) {
      yield 1
      if (method === 'deaf') await gate
      yield 2
    })
    const { say, heard } = await rawClient(at)
    say(request(1, 'deaf', undefined, { credit: 9 }), request(2, 'quick', undefined, { credit: 9 }))
    await expect.poll(heard).toEqual(['stream/down 1: 1'])
    say(cancel(1))
    await expect.poll(heard).toEqual(['stream/down 1: 1', '1: -32800'])
    goOn()
    await expect.poll(() => heard().slice(2)).toEqual(['stream/down 2: 1 2', '2: null'])
  })

  test('and a generator that ends late has no say in a new request with its id', async () => {
    let goOn = () => {}
    const gate = new Promise<void>((resolve) => (goOn = resolve))
    const { at, queue } = await composed(async function* ({ method }) {
      yield 1
      if (method === 'deaf') await gate
      yield 2
    }, { workers: 2 })
    const { say, heard } = await rawClient(at)
    say(request(1, 'deaf', undefined, { credit: 1 }))
    await expect.poll(heard).toEqual(['stream/down 1: 1'])
    say(cancel(1), request(1, 'new', undefined, { credit: 1 }))
    await expect.poll(() => heard().slice(1)).toEqual(['1: -32800', 'stream/down 1: 1'])
    goOn()
    await expect.poll(() => queue.places.running).toBe(1)
    await turn()
    say(credit(1, 1))
    await expect.poll(() => heard().slice(3)).toEqual(['stream/down 1: 2', '1: null'])
    expect(open(at.peers)).toEqual([0])
  })
})

test('fair: whoever streams much and whoever asks little take turns', async () => {
  const { handler, begun } = stage()
  const { at, queue } = await composed(handler, { order: 'fair' })
  const [greedy, modest] = [await rawClient(at), await rawClient(at)]
  greedy.say(...[1, 2, 3, 4].map((id) => endless(id, 1)))
  await expect.poll(() => queue.places.queued).toBe(3)
  modest.say(request(11, 'at once'), request(12, 'count', { to: 1 }, { credit: 1 }))
  await expect.poll(() => queue.places.queued).toBe(5)
  // The greedy one was there first; from then on it is one for each.
  greedy.say(cancel(1))
  await expect.poll(() => begun).toEqual([1, 2])
  expect(modest.heard()).toEqual([])
  greedy.say(cancel(2))
  await expect.poll(modest.heard).toEqual(['11: "done"'])
  await expect.poll(() => begun).toEqual([1, 2, 3])
  expect(modest.heard(), 'not yet').toHaveLength(1)
  greedy.say(cancel(3))
  await expect.poll(modest.heard).toEqual(['11: "done"', 'stream/down 12: 1', '12: null'])
  await expect.poll(() => begun).toEqual([1, 2, 3, 4])
})

test('drain waits for streams, those that run and those that were accepted, and takes no new ones', async () => {
  const { at, queue } = await composed(service)
  const { say, heard } = await rawClient(at)
  say(request(1, 'count', { to: 3 }, { credit: 1 }), request(2, 'total', undefined, { stream: true }))
  await expect.poll(heard).toEqual(['stream/down 1: 1'])
  await expect.poll(() => queue.places.queued).toBe(1)
  let drained = false
  const drain = queue.drain().then(() => (drained = true))
  say(request(3, 'count', { to: 3 }, { credit: 1 }), credit(1, 1))
  await expect.poll(() => heard().slice(1).toSorted()).toEqual(['3: -32014', 'stream/down 1: 2'])
  say(credit(1, 1))
  await expect.poll(() => heard().slice(3).toSorted()).toEqual(['1: null', 'credit/up 2: 256', 'stream/down 1: 3'])
  expect(drained).toBe(false)
  say(items(2, [1, 2]), { method: '$/stream/up', params: { id: 2, end: true } })
  await expect.poll(() => heard().at(-1)).toBe('2: 3')
  await drain
  expect(open(at.peers)).toEqual([0])
})

describe('a stream beside others on its connection', () => {
  test('that has been granted a million items keeps no call waiting', async () => {
    const { handler } = stage()
    const { at } = await composed(handler, { workers: 2 })
    const { say, messages } = await rawClient(at)
    say(endless(1, mostCredit))
    await expect.poll(() => messages.length).toBeGreaterThan(0)
    say(request(2, 'at once'))
    await expect.poll(() => messages.some(({ id }) => id === 2)).toBe(true)
    const before = messages.slice(0, messages.findIndex(({ id }) => id === 2))
    const count = before.reduce((sum, { params }) => sum + params!.items!.length, 0)
    expect(count).toBeLessThan(300_000)
    say(cancel(1))
    await expect.poll(() => messages.at(-1)!.id).toBe(1)
  })

  test('of the same id, but asked for by the other end, is another stream', async () => {
    const { at } = await composed(service)
    const peer = await dial(at, { handler: deadlined(streamed(service)) })
    await peer.call('say', { text: 'hello' })
    const there = [...at.peers][0]!
    await there.call('say', { text: 'hello' })
    // Both are under way before either has an item, and both are number 2.
    const ours = upload(peer.call, 'total', undefined, [1, 2, 3])
    const theirs = upload(there.call, 'total', undefined, [10, 20, 30])
    const ids = [peer, there].map((end) => [...streams(end).calls.keys()])
    expect(ids).toEqual([[2], [2]])
    expect(await Promise.all([ours, theirs])).toEqual([6, 60])
  })

  test('that waits for room loses no credit that comes meanwhile', async () => {
    let goOn = () => {}
    const gate = new Promise<void>((resolve) => (goOn = resolve))
    const { at } = await composed(async function* ({ method }) {
      if (method === 'first') await gate
      yield 1
      yield 2
      if (method === 'other') yield* Array.from({ length: 100 }, () => 'x'.repeat(100_000))
      yield 3
    }, { workers: 2 })
    const { socket, say, heard, messages } = await rawClient(at)
    say(request(1, 'first', undefined, { credit: 1 }), request(2, 'other', undefined, { credit: 1000 }))
    await expect.poll(() => messages.length).toBeGreaterThan(0)
    socket.pause()
    await expect.poll(() => [...at.peers][0]!.room === undefined).toBe(false)
    goOn()
    await rawEcho(at)
    say(credit(1, 1), credit(1, 1))
    await rawEcho(at)
    socket.resume()
    await expect.poll(heard, { timeout: 3_000 }).toContain('1: null')
    // How many leave together is a matter of turns.
    expect(messages.filter(({ params }) => params?.id === 1).flatMap(({ params }) => params!.items)).toEqual([1, 2, 3])
  })
})

/** A whole exchange on a connection of its own: what the server could do meanwhile, it has done. */
async function rawEcho(at: { host: string; port: number }): Promise<void> {
  const { socket, say, heard } = await rawClient(at)
  say({ id: 1, method: 1 }) // no request, which is answered without a place in the queue
  await expect.poll(heard).toHaveLength(1)
  socket.destroy()
}
