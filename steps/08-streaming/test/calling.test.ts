import { getEventListeners } from 'node:events'
import { answer, RpcError } from '@rpc-steps/async-await'
import type { Json } from '@rpc-steps/async-await'
import { deadlined } from '@rpc-steps/deadlines'
import { describe, expect, test } from 'vitest'
import { stream, streamClient, streaming, upload } from '../src/index.ts'
import { all, credit, dial, items, open, rawServer, served } from './support.ts'

const service = streaming(answer)

describe('reading', () => {
  test('asks for credit, and grants again what was taken', async () => {
    const { there, peer } = await rawServer()
    const reading = all(stream(peer.call, 'count', { to: 6 }, { credit: 4 }))
    await expect.poll(there.heard).toEqual(['count 1'])
    expect(there.messages[0]).toMatchObject({ params: { to: 6 }, meta: { credit: 4 } })
    there.say(items(1, [1, 2, 3, 4], 'down'))
    await expect.poll(there.heard).toEqual(['count 1', 'credit/down 1: 2', 'credit/down 1: 2'])
    there.say(items(1, [5, 6], 'down'), { id: 1, result: null })
    expect(await reading).toEqual([1, 2, 3, 4, 5, 6])
    expect(open([peer])).toEqual([0])
  })

  test('who takes nothing grants nothing', async () => {
    const { there, peer } = await rawServer()
    const reader = stream(peer.call, 'count', {}, { credit: 2 })[Symbol.asyncIterator]()
    await expect.poll(there.heard).toEqual(['count 1'])
    there.say(items(1, [1, 2], 'down'), { method: 'ping' }, { id: 99, method: 'ping' })
    await expect.poll(there.heard).toEqual(['count 1', '99: -32601'])
    expect(await reader.next()).toEqual({ value: 1, done: false })
    await expect.poll(there.heard).toEqual(['count 1', '99: -32601', 'credit/down 1: 1'])
  })

  test('calls nobody until it is iterated, and again each time', async () => {
    const peer = await dial(await served(service))
    const three = stream(peer.call, 'count', { to: 3 })
    expect(peer.stats.pending).toBe(0)
    expect([await all(three), await all(three)]).toEqual([[1, 2, 3], [1, 2, 3]])
  })

  test('several nexts at once get an item each, in order', async () => {
    const peer = await dial(await served(service))
    const reader = stream(peer.call, 'count', { to: 3 }, { credit: 1 })[Symbol.asyncIterator]()
    const got = await Promise.all(Array.from({ length: 5 }, () => reader.next()))
    expect(got.map(({ value, done }) => (done ? 'end' : value))).toEqual([1, 2, 3, 'end', 'end'])
  })

  test.each([
    ['more items than it has granted', items(1, [1, 2, 3], 'down')],
    ['items that are none', items(1, 'abc', 'down')],
    ['credit for what it does not send', credit(1, 1, 'up')],
  ])('a server that sends %s: that stream ends, the server is told, and the connection goes on', async (_, wrong) => {
    const { there, peer } = await rawServer()
    const reading = all(stream(peer.call, 'count', {}, { credit: 2 }))
    await expect.poll(there.heard).toEqual(['count 1'])
    there.say(wrong)
    expect(await reading).toEqual([-32600])
    await expect.poll(there.heard).toEqual(['count 1', 'cancelRequest 1'])
    there.say({ id: 1, error: { code: -32800, message: 'Request cancelled' } })
    const next = peer.call('say')
    await expect.poll(() => there.heard().at(-1)).toBe('say 2')
    there.say({ id: 2, result: 'still here' })
    expect(await next).toBe('still here')
    expect(peer.stats.unanswered).toBe(0)
  })

  test('what comes after the end is nothing', async () => {
    const { there, peer } = await rawServer()
    const reading = all(stream(peer.call, 'count', {}, { credit: 4 }))
    await expect.poll(there.heard).toEqual(['count 1'])
    there.say(items(1, [1], 'down'), { id: 1, result: null })
    expect(await reading).toEqual([1])
    there.say(items(1, [2], 'down'), items(1, [3, 4, 5, 6, 7], 'down'), items(1, 'abc', 'down'), { id: 99, method: 'ping' })
    await expect.poll(there.heard).toEqual(['count 1', '99: -32601'])
  })

  test('an answer that comes whole is no stream, and says so', async () => {
    const peer = await dial(await served(service))
    await expect(all(stream(peer.call, 'say', { text: 'a' }))).resolves.toEqual([-32603])
  })

  test('credit must be a number from 1', async () => {
    const peer = await dial(await served(service))
    expect(() => stream(peer.call, 'count', { to: 1 }, { credit: 0 })).toThrow(RangeError)
    expect(() => stream(peer.call, 'count', { to: 1 }, { credit: 1_048_577 })).toThrow(RangeError)
  })
})

describe('the end', () => {
  test('break cancels, and leaves nothing on either end', async () => {
    let ended = 0
    const at = await served(async function* () {
      try {
        for (let n = 1; ; n++) yield n
      } finally {
        ended++
      }
    })
    const peer = await dial(at)
    for await (const n of stream(peer.call, 'x')) if (n === 1000) break
    await expect.poll(() => ended).toBe(1)
    await expect.poll(() => [...open(at.peers), ...open([peer])]).toEqual([0, 0])
    await expect.poll(() => peer.stats.unanswered).toBe(0)
  })

  test('return while an item is waited for: whoever waits hears the end, and the server the cancel', async () => {
    const { there, peer } = await rawServer()
    const reader = stream(peer.call, 'count')[Symbol.asyncIterator]()
    const waits = reader.next()
    await expect.poll(there.heard).toEqual(['count 1'])
    await reader.return!()
    expect(await waits).toEqual({ value: undefined, done: true })
    expect(await reader.next()).toEqual({ value: undefined, done: true })
    await expect.poll(there.heard).toEqual(['count 1', 'cancelRequest 1'])
  })

  test('an error of the other end comes after the items before it, once', async () => {
    const peer = await dial(await served(async function* () {
      yield 1
      yield 2
      throw new RpcError(-7, 'spilled')
    }))
    const reader = stream(peer.call, 'x')[Symbol.asyncIterator]()
    await expect.poll(() => peer.stats.pending).toBe(0)
    expect([await reader.next(), await reader.next()].map(({ value }) => value as Json)).toEqual([1, 2])
    await expect(reader.next()).rejects.toMatchObject({ code: -7 })
    expect(await reader.next()).toEqual({ value: undefined, done: true })
  })

  test('a connection that ends: what has come is read first', async () => {
    const { there, peer } = await rawServer()
    const reader = stream(peer.call, 'count')[Symbol.asyncIterator]()
    await expect.poll(there.heard).toEqual(['count 1'])
    there.say(items(1, [1, 2], 'down'))
    there.socket.end()
    await peer.ended
    expect(await all({ [Symbol.asyncIterator]: () => reader })).toEqual([1, 2, 'ERR_DISCONNECTED'])
  })

  test('a deadline and a signal end it at once, whatever has come', async () => {
    const { there, peer } = await rawServer()
    const controller = new AbortController()
    const slow = stream(peer.call, 'count', {}, { signal: controller.signal })[Symbol.asyncIterator]()
    const late = stream(deadlined(peer.call, 20), 'count')[Symbol.asyncIterator]()
    await expect.poll(there.heard).toContain('count 2')
    there.say(items(1, [1, 2], 'down'), items(2, [1, 2], 'down'))
    await expect.poll(there.heard).toContain('cancelRequest 2')
    controller.abort(new Error('enough'))
    await new Promise(setImmediate) // the call is over when its promise is
    await expect(slow.next()).rejects.toThrow('enough')
    await expect(late.next()).rejects.toMatchObject({ code: -32008 })
  })

  test('a thousand streams on one signal: one listener, and none when they are over', async () => {
    const { signal } = new AbortController()
    const peer = await dial(await served(service))
    const many = Array.from({ length: 1000 }, () => all(stream(peer.call, 'count', { to: 2 }, { signal })))
    await Promise.all(many.map(async (one) => expect(await one).toEqual([1, 2])))
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})

describe('writing', () => {
  test('sends nothing before it is granted, then what is granted', async () => {
    const { there, peer } = await rawServer()
    const sum = upload(peer.call, 'total', undefined, [1, 2, 3])
    await expect.poll(there.heard).toEqual(['total 1'])
    expect(there.messages[0]).toMatchObject({ meta: { stream: true } })
    there.say(credit(1, 2, 'up'))
    await expect.poll(there.heard).toEqual(['total 1', 'stream/up 1: 1 2'])
    there.say(credit(1, 2, 'up'))
    await expect.poll(there.heard).toEqual(['total 1', 'stream/up 1: 1 2', 'stream/up 1: 3', 'stream/up 1: end'])
    there.say({ id: 1, result: 6 })
    expect(await sum).toBe(6)
  })

  test('whose items end with an error: the other end is told, and the caller gets that very error', async () => {
    const broken = new Error('the disk is full')
    const peer = await dial(await served(service, { log: () => {} }))
    const up = (async function* () {
      yield 1
      await Promise.reject(broken)
    })()
    await expect(upload(peer.call, 'total', undefined, up)).rejects.toBe(broken)
  })

  test('that the other end does not want to the end: the items are let go', async () => {
    let ended = 0
    const peer = await dial(await served(service))
    const up = (function* () {
      try {
        for (;;) yield 'no number'
      } finally {
        ended++
      }
    })()
    await expect(upload(peer.call, 'total', undefined, up)).rejects.toMatchObject({ code: -32602 })
    await expect.poll(() => ended).toBe(1)
  })

  test('a server that grants what is no credit ends it', async () => {
    const { there, peer } = await rawServer()
    const sum = upload(peer.call, 'total', undefined, [1, 2, 3])
    await expect.poll(there.heard).toEqual(['total 1'])
    there.say(credit(1, 0, 'up'))
    await expect(sum).rejects.toMatchObject({ code: -32600, from: 'here' })
    await expect.poll(there.heard).toEqual(['total 1', 'cancelRequest 1'])
  })
})

test('a client with types', async () => {
  const { count, feed, total, echo, say } = streamClient((await dial(await served(service))).call)
  let sum = 0
  for await (const n of count({ to: 100 })) sum += n
  expect(sum).toBe(5050)
  expect(await total(count({ to: 100 }))).toBe(5050)
  expect(await all(echo(feed({ ms: 1, items: 3 })))).toEqual([1, 2, 3])
  expect(await say({ text: 'a' })).toBe('You said: a')
})
