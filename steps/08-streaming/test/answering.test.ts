import { answer, RpcError } from '@rpc-steps/async-await'
import type { Json } from '@rpc-steps/async-await'
import { queued } from '@rpc-steps/task-queue'
import { describe, expect, test } from 'vitest'
import { incoming, mostCredit, streaming } from '../src/index.ts'
import type { StreamHandler } from '../src/index.ts'
import { cancel, credit, items, open, rawClient, request, served, turn } from './support.ts'

const service = streaming(answer)
const quiet = { log: (line: string) => { throw new Error(line) } }

/** Counts without end, and says when its `finally` has run. */
function endless(of: (n: number) => Json = (n) => n) {
  const ran = { begun: 0, ended: 0, made: 0 }
  async function* numbers() {
    ran.begun++
    try {
      for (let n = 1; ; n++) {
        ran.made = n
        yield of(n)
      }
    } finally {
      ran.ended++
    }
  }
  const handler: StreamHandler = ({ method }) => (method === 'endless' ? numbers() : 'at once')
  return { ran, handler }
}

describe('an answer in pieces', () => {
  test('comes as far as it was granted, and ends without more credit than it has items', async () => {
    const { say, heard } = await rawClient(await served(service, quiet))
    say(request(7, 'count', { to: 3 }, { credit: 2 }))
    await expect.poll(heard).toEqual(['stream/down 7: 1 2'])
    say(request(8, 'say', { text: 'a' }))
    await expect.poll(heard).toEqual(['stream/down 7: 1 2', '8: "You said: a"'])
    say(credit(7, 1))
    await expect.poll(heard).toEqual(['stream/down 7: 1 2', '8: "You said: a"', 'stream/down 7: 3', '7: null'])
  })

  test('may have no items, or an error after some', async () => {
    const handler: StreamHandler = async function* ({ method }) {
      if (method === 'none') return
      yield 1
      yield 2
      throw new RpcError(-1, 'spilled')
    }
    const { say, heard } = await rawClient(await served((request, context) => handler(request, context), quiet))
    say(request(1, 'none', undefined, { credit: 1 }), request(2, 'some', undefined, { credit: 100 }))
    await expect.poll(heard).toEqual(['1: null', 'stream/down 2: 1 2', '2: -1'])
  })

  test('comes whole to who grants nothing, up to 1,000 items', async () => {
    const { say, heard, messages } = await rawClient(await served(service, quiet))
    say(request(1, 'count', { to: 3 }), request(2, 'count', { to: 1001 }), request(3, 'count', { to: 1000 }))
    await expect.poll(() => heard().length).toBe(3)
    expect(messages.find(({ id }) => id === 1)!.result).toEqual([1, 2, 3])
    expect(messages.find(({ id }) => id === 2)!.error).toMatchObject({ code: -32602 })
    expect(messages.find(({ id }) => id === 3)!.result).toHaveLength(1000)
  })

  test('what is made in one turn leaves together, at most 16 KiB of it, or one item', async () => {
    const text = 'é'.repeat(1000)
    const large = 'x'.repeat(100_000)
    const at = await served(async function* () {
      for (let i = 0; i < 20; i++) yield text
      yield large
      await turn()
      yield 1
      yield 2
      await turn()
      yield 3
    })
    const { say, messages } = await rawClient(at)
    say(request(1, 'x', undefined, { credit: 100 }))
    await expect.poll(() => messages.at(-1)?.result).toBe(null)
    const sent = messages.slice(0, -1).map(({ params }) => params!.items!)
    for (const message of messages) {
      const isOne = message.params?.items?.length === 1
      if (!isOne) expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThanOrEqual(16 * 1024)
    }
    expect(sent.flat()).toEqual([...Array.from({ length: 20 }, () => text), large, 1, 2, 3])
    expect(sent.map((items) => items.length)).toEqual([8, 8, 4, 1, 2, 1])
  })
})

describe('credit', () => {
  test.each([0, -1, 1.5, mostCredit + 1])('of %j ends that stream, and not the connection', async (wrong) => {
    const { ran, handler } = endless()
    const at = await served(handler, quiet)
    const { say, heard } = await rawClient(at)
    say(request(1, 'endless', undefined, { credit: wrong }), request(2, 'other'))
    await expect.poll(() => heard().toSorted()).toEqual(['1: -32600', '2: "at once"'])
    say(request(3, 'endless', undefined, { credit: 1 }))
    await expect.poll(() => ran.begun).toBe(1)
    say(credit(3, wrong))
    await expect.poll(() => heard().slice(2)).toEqual(['stream/down 3: 1', '3: -32600'])
    await expect.poll(() => ran.ended).toBe(1)
    expect(open(at.peers)).toEqual([0])
  })

  test.each(['1', null, undefined, {}])('that is no number, %j, ends that stream', async (wrong) => {
    const { handler } = endless()
    const { say, heard } = await rawClient(await served(handler, quiet))
    say(request(3, 'endless', undefined, { credit: 1 }), credit(3, wrong))
    await expect.poll(() => heard().at(-1)).toBe('3: -32600')
  })

  test('is counted: so many that are not sent, and no more', async () => {
    const { handler } = endless()
    const { say, heard } = await rawClient(await served(handler, quiet))
    say(request(1, 'endless', undefined, { credit: 1 }))
    await expect.poll(heard).toEqual(['stream/down 1: 1'])
    say(credit(1, 1))
    await expect.poll(heard).toEqual(['stream/down 1: 1', 'stream/down 1: 2'])
    const { socket } = await rawClient(await served(handler, quiet))
    socket.destroy()
    say(request(2, 'endless', undefined, { credit: 2 }), credit(2, mostCredit - 1))
    await expect.poll(() => heard().at(-1)).toBe('2: -32600')
  })

  test('that comes while the request waits in the queue is not lost', async () => {
    const at = await served(service, quiet, (handler) => queued(handler, { workers: 1 }))
    const { say, heard } = await rawClient(at)
    say(request(1, 'count', { to: 2 }, { credit: 1 }), request(2, 'count', { to: 3 }, { credit: 1 }))
    say(credit(2, 1), credit(2, 1))
    await expect.poll(heard).toEqual(['stream/down 1: 1'])
    say(credit(1, 1))
    await expect.poll(heard).toEqual(['stream/down 1: 1', 'stream/down 1: 2', '1: null', 'stream/down 2: 1 2 3', '2: null'])
  })

  test('that comes while the request waits unrun, because its caller reads nothing, is not lost', async () => {
    const big = 'x'.repeat(100_000)
    const at = await served((request, context) => (request.method === 'big' ? big : service(request, context)), { ...quiet, highWater: 1_000 })
    const { socket, say, heard } = await rawClient(at)
    socket.pause()
    for (let id = 1; id <= 80; id++) say(request(id, 'big'))
    say(request(100, 'count', { to: 5 }, { credit: 1 }), credit(100, 4))
    await expect.poll(() => [...at.peers].some(({ stats }) => stats.parked > 0)).toBe(true)
    socket.resume()
    await expect.poll(() => heard().length).toBe(82)
    expect(heard().slice(-2)).toEqual(['stream/down 100: 1 2 3 4 5', '100: null'])
  })

  test('for what is over, or was never asked, is nothing', async () => {
    const { say, heard } = await rawClient(await served(service, quiet))
    say(credit(1, 5), credit(null, 5), credit(1, -5), { method: '$/credit/down' }, items(1, [1]), items(1, 'x'))
    say(request(1, 'count', { to: 2 }, { credit: 1 }))
    await expect.poll(heard).toEqual(['stream/down 1: 1'])
    say(credit(1, 1))
    await expect.poll(() => heard().at(-1)).toBe('1: null')
    say(credit(1, 10), credit(1, -10), request(2, 'say', { text: 'a' }))
    await expect.poll(heard).toEqual(['stream/down 1: 1', 'stream/down 1: 2', '1: null', '2: "You said: a"'])
    // The id is free again, and what was granted to the other is not this one's.
    say(request(1, 'count', { to: 2 }, { credit: 1 }))
    await expect.poll(() => heard().slice(4)).toEqual(['stream/down 1: 1'])
  })

  test('a generator is asked for one item more than may be sent, and no further', async () => {
    const { ran, handler } = endless()
    const { say, heard } = await rawClient(await served(handler, quiet))
    say(request(1, 'endless', undefined, { credit: 3 }))
    await expect.poll(heard).toEqual(['stream/down 1: 1 2 3'])
    await turn()
    expect(ran.made).toBe(4)
  })
})

describe('the end', () => {
  test('a cancel ends the generator, and nothing follows its answer', async () => {
    const { ran, handler } = endless()
    const at = await served(handler, quiet)
    const { say, heard } = await rawClient(at)
    say(request(1, 'endless', undefined, { credit: mostCredit }), cancel(1))
    await expect.poll(() => heard().at(-1)).toBe('1: -32800')
    await expect.poll(() => ran.ended).toBe(ran.begun)
    say(request(2, 'other'))
    await expect.poll(() => heard().at(-1)).toBe('2: "at once"')
    expect(heard().at(-2)).toBe('1: -32800')
    expect(open(at.peers)).toEqual([0])
  })

  test('a cancel in the middle, with much on its way, to somebody who reads nothing: nothing follows its answer', async () => {
    const { ran, handler } = endless(() => 'x'.repeat(10_000))
    const at = await served(handler, quiet)
    const { socket, say, heard } = await rawClient(at)
    socket.pause()
    say(request(1, 'endless', undefined, { credit: mostCredit }))
    await expect.poll(() => [...at.peers].some(({ stats }) => stats.held > 60_000)).toBe(true)
    say(cancel(1))
    await expect.poll(() => ran.ended).toBe(1)
    socket.resume()
    await expect.poll(() => heard().at(-1)).toBe('1: -32800')
    say(request(2, 'other'))
    await expect.poll(() => heard().at(-1)).toBe('2: "at once"')
    expect(heard().at(-2)).toBe('1: -32800')
  })

  test('a deadline is for the whole', async () => {
    const { say, heard } = await rawClient(await served(service, quiet))
    say(request(1, 'feed', { ms: 5, items: 1000 }, { credit: 1000, timeoutMs: 50 }))
    await expect.poll(() => heard().at(-1)).toBe('1: -32008')
    expect(heard().length).toBeGreaterThan(1)
    expect(heard().length).toBeLessThan(12)
  })

  test('a place in the queue is held until the last item has left, and no longer', async () => {
    const { ran, handler } = endless()
    const at = await served(handler, quiet, (handler) => queued(handler, { workers: 1 }))
    const { say, heard } = await rawClient(at)
    say(request(1, 'endless', undefined, { credit: 2 }), request(2, 'other'))
    await expect.poll(heard).toEqual(['stream/down 1: 1 2'])
    say(cancel(1))
    await expect.poll(heard).toEqual(['stream/down 1: 1 2', '1: -32800', '2: "at once"'])
    expect(ran.ended).toBe(1)
  })

  test('who has ended its side gets what it has granted, then it is over', async () => {
    const { ran, handler } = endless()
    const at = await served(handler, quiet)
    const { socket, say, heard } = await rawClient(at)
    say(request(1, 'endless', undefined, { credit: 2 }), request(2, 'other'))
    socket.end()
    await expect.poll(() => heard().toSorted()).toEqual(['1: -32800', '2: "at once"', 'stream/down 1: 1 2'])
    await expect.poll(() => [...at.peers]).toEqual([])
    expect(ran.ended).toBe(1)
  })

  test('who goes away in the middle leaves nothing', async () => {
    const { ran, handler } = endless()
    const at = await served(handler, quiet)
    const { socket, say, heard } = await rawClient(at)
    for (let id = 0; id < 100; id++) say(request(id, 'endless', undefined, { credit: 1 }))
    await expect.poll(() => heard().length).toBe(100)
    socket.resetAndDestroy()
    await expect.poll(() => ran.ended).toBe(100)
    expect([...at.peers]).toEqual([])
  })
})

test('an id that is used again is that of another stream, though the handler of the first goes on after its end', async () => {
  let end = (_: string) => {}
  const late = new Promise<string>((resolve) => (end = resolve))
  const at = await served((request, context) => (request.method === 'late' ? late : service(request, context)), quiet)
  const { say, heard } = await rawClient(at)
  say(request(1, 'late', undefined, { credit: 1 }), cancel(1))
  await expect.poll(heard).toEqual(['1: -32800'])
  say(request(1, 'count', { to: 3 }, { credit: 1 }))
  await expect.poll(() => heard().slice(1)).toEqual(['stream/down 1: 1'])
  end('at last')
  await turn()
  say(credit(1, 2))
  await expect.poll(() => heard().slice(1)).toEqual(['stream/down 1: 1', 'stream/down 1: 2 3', '1: null'])
})

describe('a question in pieces', () => {
  test('is asked for as it is read', async () => {
    const { say, heard } = await rawClient(await served(service, quiet))
    say(request(1, 'total', undefined, { stream: true }))
    await expect.poll(heard).toEqual(['credit/up 1: 256'])
    say(items(1, Array.from({ length: 128 }, () => 1)))
    await expect.poll(heard).toEqual(['credit/up 1: 256', 'credit/up 1: 128'])
    say(items(1, [2, 3]), items(1, []), { method: '$/stream/up', params: { id: 1, end: true } })
    await expect.poll(() => heard().at(-1)).toBe('1: 133')
  })

  test('both ways at once', async () => {
    const { say, heard } = await rawClient(await served(service, quiet))
    say(request(1, 'echo', undefined, { stream: true, credit: 2 }))
    await expect.poll(heard).toEqual(['credit/up 1: 256'])
    say(items(1, ['a', null, { b: [1] }]))
    await expect.poll(() => heard().slice(1)).toEqual(['stream/down 1: "a" null'])
    say(credit(1, 1), { method: '$/stream/up', params: { id: 1, end: true } })
    await expect.poll(() => heard().slice(2)).toEqual(['stream/down 1: {"b":[1]}', '1: null'])
  })

  test('with an error at its end fails with that error', async () => {
    const { say, heard } = await rawClient(await served(service, quiet))
    say(request(1, 'total', undefined, { stream: true }))
    await expect.poll(heard).toEqual(['credit/up 1: 256'])
    say(items(1, [1]), { method: '$/stream/up', params: { id: 1, error: { code: -5, message: 'no more' } } })
    await expect.poll(() => heard().slice(1)).toEqual(['1: -5'])
  })

  test.each([
    ['more than were granted', items(1, Array.from({ length: 257 }, () => 1))],
    ['no list', items(1, 'abc')],
    ['nothing at all', items(1, undefined)],
    ['an error that is none', { method: '$/stream/up', params: { id: 1, error: 'oh' } }],
    ['credit, where nothing is streamed down', credit(1, 1)],
  ])('%s: ends that stream, and not the connection', async (_, wrong) => {
    const at = await served(service, quiet)
    const { say, heard } = await rawClient(at)
    say(request(1, 'total', undefined, { stream: true }))
    await expect.poll(heard).toEqual(['credit/up 1: 256'])
    say(wrong, items(1, [1]), request(2, 'say', { text: 'a' }))
    await expect.poll(() => heard().slice(1).toSorted()).toEqual(['1: -32600', '2: "You said: a"'])
    expect(open(at.peers)).toEqual([0])
  })

  test('of large items that nobody takes: what is kept of a connection is bounded, also of many streams', async () => {
    const at = await served(service, quiet, (handler) => queued(handler, { workers: 64 }))
    const { say, heard } = await rawClient(at)
    const large = 'x'.repeat(1024 * 1024)
    for (let id = 1; id <= 4; id++) say(request(id, 'echo', undefined, { stream: true, credit: 1 }))
    await expect.poll(() => heard().length).toBe(4)
    for (let id = 1; id <= 3; id++) for (let n = 0; n < 8; n++) say(items(id, [large]))
    say(items(4, ['small']), request(5, 'say', { text: 'a' }))
    await expect.poll(() => heard().filter((line) => /^5|down 4/.test(line)).toSorted()).toEqual(['5: "You said: a"', 'stream/down 4: "small"'])
    const ended = heard().filter((line) => line.endsWith(': -32029'))
    expect(ended.length).toBeGreaterThan(0)
    expect(ended.length).toBeLessThan(3)
    // What was kept of those is free again.
    say(request(6, 'echo', undefined, { stream: true, credit: 8 }))
    for (let n = 0; n < 3; n++) say(items(6, [large]))
    await expect.poll(() => heard().filter((line) => line.startsWith('stream/down 6')).length).toBe(3)
  })

  test('whose request is cancelled fails its reader, though the end has come and items are left: nobody takes them for all', async () => {
    let goOn = () => {}
    const gate = new Promise<void>((resolve) => (goOn = resolve))
    const seen: unknown[] = []
    const at = await served(async (_, context) => {
      try {
        for await (const item of incoming(context)) {
          seen.push(item)
          await gate
        }
        seen.push('all')
      } catch (error) {
        seen.push((error as { code: number }).code)
      }
    })
    const { say, heard } = await rawClient(at)
    say(request(1, 'x', undefined, { stream: true }))
    await expect.poll(heard).toEqual(['credit/up 1: 256'])
    say(items(1, [1, 2, 3]), { method: '$/stream/up', params: { id: 1, end: true } }, cancel(1))
    await expect.poll(() => heard().at(-1)).toBe('1: -32800')
    goOn()
    await expect.poll(() => seen).toEqual([1, -32800])
  })

  test('whose request is cancelled fails its reader: it has not come to its end', async () => {
    const ends: unknown[] = []
    const at = await served(async (_, context) => {
      try {
        for await (const item of incoming(context)) ends.push(item)
        ends.push('end')
      } catch (error) {
        ends.push((error as { code: number }).code)
      }
    })
    const { say, heard } = await rawClient(at)
    say(request(1, 'x', undefined, { stream: true }))
    await expect.poll(heard).toEqual(['credit/up 1: 256'])
    say(items(1, [1, 2]))
    await expect.poll(() => ends).toEqual([1, 2])
    say(cancel(1))
    await expect.poll(() => ends).toEqual([1, 2, -32800])
    expect(heard().at(-1)).toBe('1: -32800')
  })

  test('before any was granted: ends it, also while it waits in the queue', async () => {
    const at = await served(service, quiet, (handler) => queued(handler, { workers: 1 }))
    const { say, heard } = await rawClient(at)
    say(request(1, 'count', { to: 2 }, { credit: 1 }), request(2, 'total', undefined, { stream: true }), items(2, [1]))
    await expect.poll(heard).toEqual(['stream/down 1: 1'])
    say(credit(1, 1))
    await expect.poll(() => heard().slice(1)).toEqual(['stream/down 1: 2', '1: null', '2: -32600'])
  })

  test('whose caller goes away or ends is over', async () => {
    const at = await served(service, quiet)
    const { socket, say, heard } = await rawClient(at)
    say(request(1, 'total', undefined, { stream: true }), request(2, 'total', undefined, { stream: true }))
    await expect.poll(() => heard().length).toBe(2)
    socket.end()
    await expect.poll(() => heard().slice(2).toSorted()).toEqual(['1: -32800', '2: -32800'])
    await expect.poll(() => [...at.peers]).toEqual([])
  })
})
