import { createFramer, DisconnectedError, requestText } from '@rpc-steps/wire'
import type { Json } from '@rpc-steps/wire'
import { describe, expect, test } from 'vitest'
import { OverflowError, Session } from '../src/index.ts'
import type { SessionOptions } from '../src/index.ts'
import { echo, End, settle } from './pair.ts'
import type { Made } from './pair.ts'

const { frame } = createFramer('content-length')
const say = (end: End, text: string) => end.session.received(Buffer.from(text))
const ask = (id: number, size = 0, method = 'echo') => frame(requestText(id, method, ['x'.repeat(size)]))
const reply = (id: unknown, result: Json = null) => frame(JSON.stringify({ jsonrpc: '2.0', result, id }))

/** Everything that an end wants to send, as messages. What is taken is told only if `took` is true. */
function sent(end: End, took = true): { id: number; method?: string; result?: Json; error?: { code: number } }[] {
  const framer = createFramer('content-length', { header: 8192, body: 1e9 })
  const messages = []
  for (let bytes; (bytes = end.session.next()) !== undefined; ) {
    framer.push(Buffer.from(bytes))
    for (let body; (body = framer.next()) !== undefined; ) messages.push(JSON.parse(body))
    if (took) end.session.took(bytes.length)
  }
  return messages
}

/** Answers everything that runs. */
const answer = (end: End) => end.running.splice(0).forEach(({ request, respond }) => echo(request, respond))
const outcome = (made: ReturnType<End['call']>) => made.outcomes.map(({ error, result }) => error ?? result)

describe('an end whose output is full', () => {
  const full = (options: SessionOptions = {}) => {
    const end = new End({ highWater: 1_000, ...options })
    say(end, ask(1, 2_000))
    answer(end)
    return end
  }

  test('runs nothing whose answer could only wait, and runs it in order when there is room', () => {
    const end = full()
    say(end, ask(2) + ask(3) + frame('{"jsonrpc":"2.0","method":"note"}'))
    expect(end.running).toEqual([])
    expect(end.session.stats).toMatchObject({ parked: 3, requests: 2 })
    expect(end.heard).toEqual([])
    sent(end)
    expect(end.running.map(({ request }) => request.id)).toEqual([2, 3])
    expect(end.heard).toEqual(['note'])
  })

  test('looks after each message: of 400 small questions in one chunk, with large answers, it runs one at a time', () => {
    let most = 0
    const end: End = new End({ hardCap: 300_000 }, (_, respond) => {
      respond(null, 'x'.repeat(100_000))
      most = Math.max(most, end.session.stats.held)
    })
    say(end, Array.from({ length: 400 }, (_, id) => ask(id)).join(''))
    expect(most).toBeLessThan(200_000)
    expect(end.session.stats.parked).toBe(399)
    expect(sent(end)).toHaveLength(400)
    expect(most).toBeLessThan(200_000)
    expect(end.session.over).toBe(false)
  })

  test.each([
    ['so many', { parked: 10 }, 0],
    ['so much', { parkedSize: 5_000 }, 500],
  ])('reads on until it has parked %s, and again when it has run some', (_, limits, size) => {
    const end = full(limits)
    let id = 2
    while (end.session.reads && id < 1_000) say(end, ask(id++, size))
    expect(id).toBeLessThan(14)
    sent(end)
    expect(end.session.reads).toBe(true)
  })

  test.each([
    ['what it cannot parse', () => frame('{' + ' '.repeat(1_000))],
    ['an id that is in flight already', () => ask(2, 1_000)],
  ])('does not read for ever either who sends %s', (_, message) => {
    const end = full({ parkedSize: 5_000 })
    say(end, ask(2))
    let sentBytes = 0
    while (end.session.reads && sentBytes < 1e6) {
      say(end, message())
      sentBytes += 1_000
    }
    expect(sentBytes).toBeLessThan(10_000)
    sent(end)
    expect(end.session.reads).toBe(true)
  })

  test('reads on for ever while it waits for a reply, and says when that is too much', () => {
    const end = full({ parked: 2, hardCap: 10_000 })
    const made = end.call('x', [])
    // The call waits, too: only what is on the wire is owed an answer.
    say(end, ask(2) + ask(3))
    expect(end.session.reads).toBe(false)
    end.giveUp(made)

    const other = new End({ highWater: 1_000, parked: 2, hardCap: 10_000 })
    const owed = other.call('x', [])
    sent(other)
    say(other, ask(1, 2_000))
    answer(other)
    other.giveUp(owed)
    say(other, ask(2) + ask(3) + ask(4))
    expect(other.session.reads).toBe(true)
    const refused = sent(other).find(({ id }) => id === 4)
    expect(refused).toMatchObject({ error: { code: -32029, data: { status: 'RESOURCE_EXHAUSTED' } } })
    expect(other.running.map(({ request }) => request.id)).toEqual([2, 3])
  })

  test('hears notifications by their names at once, and passes over those it does not know', () => {
    const end = full()
    const heard: unknown[] = []
    end.session.on('$/cancelRequest', (params) => heard.push(params))
    say(end, ask(2))
    say(end, frame('{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":2}}') + frame('{"jsonrpc":"2.0","method":"$/unknown"}'))
    expect(heard).toEqual([{ id: 2 }])
    sent(end)
    expect(end.heard).toEqual([])
  })

  test('is ended by notifications without end, which nobody can refuse', () => {
    const end = full({ hardCap: 5_000, highWater: 1_000 })
    say(end, ask(2))
    const note = frame(JSON.stringify({ jsonrpc: '2.0', method: 'note', params: ['x'.repeat(1_000)] }))
    for (let i = 0; i < 3; i++) say(end, note)
    expect(end.session.over).toBe(false)
    const owes = new End({ hardCap: 5_000, highWater: 1_000 })
    owes.call('x', [])
    say(owes, ask(1, 2_000))
    answer(owes)
    say(owes, ask(2))
    for (let i = 0; i < 10; i++) say(owes, note)
    expect(owes.session.cause).toBeInstanceOf(OverflowError)
  })

  test('holds its own calls back, in one queue with its notifications', () => {
    const end = full()
    const written: string[] = []
    end.call('first', [])
    end.session.notify('second', [], () => written.push('second'))
    end.call('third', [])
    expect(end.session.holdsBack).toBe(true)
    expect(written).toEqual([])
    expect(sent(end).map(({ method, id }) => method ?? id)).toEqual([1, 'first', 'second', 'third'])
    expect(written).toEqual(['second'])
    expect(end.drained).toBe(1)
    expect(end.session.holdsBack).toBe(false)
  })

  test('says at once what begins with $/: it speaks of what is on the wire already', () => {
    const end = new End({ window: 1 })
    end.call('first', [])
    end.call('second', [])
    end.session.notify('$/cancelRequest', { id: 1 })
    expect(sent(end).map(({ method }) => method)).toEqual(['first', '$/cancelRequest'])
  })

  test('is ended when the answers that wait for it would go over the hard cap', () => {
    const end = new End({ highWater: 1_000, hardCap: 10_000 })
    say(end, Array.from({ length: 10 }, (_, id) => ask(id, 3_000)).join(''))
    expect(end.running).toHaveLength(10)
    answer(end)
    expect(end.session.over).toBe(true)
    expect(end.session.cause).toBeInstanceOf(OverflowError)
  })
})

describe('one message that is too large by itself', () => {
  test('fails its call or notification alone', () => {
    const end = new End({ hardCap: 1_000 })
    const other = end.call('small', [])
    expect(() => end.call('large', ['x'.repeat(2_000)])).toThrow(OverflowError)
    expect(() => end.session.notify('large', ['x'.repeat(2_000)])).toThrow(OverflowError)
    say(end, reply(1, 'fine'))
    expect(outcome(other)).toEqual(['fine'])
    expect(end.session.stats).toMatchObject({ pending: 0, waiting: 0, unanswered: 0 })
  })

  test('may be as large as the cap beside others, while the peer reads', () => {
    const end = new End({ highWater: 1_000, hardCap: 10_000 })
    say(end, ask(1, 100) + ask(2, 9_950))
    answer(end)
    expect(sent(end).map(({ id }) => id)).toEqual([1, 2])
  })

  test('as an answer is an error in its place', () => {
    const end = new End({ hardCap: 1_000, body: 1e6 })
    say(end, ask(1, 2_000) + ask(2))
    answer(end)
    expect(sent(end)).toMatchObject([{ id: 1, error: { code: -32603 } }, { id: 2, result: [''] }])
  })
})

describe('a call', () => {
  test('waits for the window, by count and by size, and each reply lets one through', () => {
    const end = new End({ window: 2 })
    for (let i = 0; i < 5; i++) end.call(`${i}`, [])
    expect(sent(end).map(({ id }) => id)).toEqual([1, 2])
    say(end, reply(1))
    expect(sent(end).map(({ id }) => id)).toEqual([3])

    const sized = new End({ windowSize: 5_000 })
    for (let i = 0; i < 3; i++) sized.call('x', ['x'.repeat(3_000)])
    expect(sent(sized).map(({ id }) => id)).toEqual([1])
    say(sized, reply(1))
    expect(sent(sized).map(({ id }) => id)).toEqual([2])
  })

  test('that is larger than the window goes when it is the only one', () => {
    const end = new End({ windowSize: 100 })
    end.call('x', ['x'.repeat(1_000)])
    expect(sent(end)).toHaveLength(1)
  })

  test('given up while it waits is gone at once and never written; given up later it stays unanswered', () => {
    const end = new End({ window: 1 })
    const first = end.call('first', [])
    const second = end.call('second', ['x'.repeat(10_000)])
    const third = end.call('third', [])
    expect(end.giveUp(second)).toBe(false)
    expect(end.session.stats).toMatchObject({ pending: 2, waiting: 1, unanswered: 1 })
    expect(end.giveUp(first)).toBe(true)
    expect(end.session.stats).toMatchObject({ pending: 1, waiting: 1, unanswered: 1 })
    say(end, reply(1))
    expect(sent(end).map(({ method }) => method)).toEqual(['first', 'third'])
    expect(end.session.stats.unknownReplies).toBe(1)
    say(end, reply(3, 3))
    expect([first, second, third].map(outcome)).toEqual([[], [], [3]])
  })

  test('given up while we close can be spoken of, though it was the last that we waited for; then we end', () => {
    const end = new End()
    const [first, last] = [end.call('first', []), end.call('last', [])]
    end.session.close()
    const cancel = (made: Made) => () => end.session.notify('$/cancelRequest', { id: made.call.id! })
    for (const made of [first, last]) end.session.giveUp(made.call, cancel(made))
    expect(sent(end)).toMatchObject([
      { method: 'first' },
      { method: 'last' },
      { method: '$/cancelRequest', params: { id: 1 } },
      { method: '$/cancelRequest', params: { id: 2 } },
    ])
    expect(end.session.takeEnd()).toBe(true)
    expect(() => end.session.notify('$/cancelRequest', { id: 2 })).toThrow('closed by this side')
  })

  test('asks what rides beside it when it is written, and says so; never for one that is not', () => {
    const end = new End({ window: 1 })
    const log: string[] = []
    let left = 100
    const more = (name: string) => ({
      extras: () => (log.push(`extras of ${name}`), { meta: { timeoutMs: left } }),
      sent: (id: number) => log.push(`${name} is ${id}`),
    })
    end.session.call('first', [1], () => {}, more('first'))
    const gone = end.session.call('second', [], () => {}, more('second'))
    end.session.call('third', undefined, () => {}, more('third'))
    end.session.giveUp(gone)
    left = 60
    say(end, reply(1))
    expect(sent(end)).toMatchObject([
      { id: 1, params: [1], meta: { timeoutMs: 100 } },
      { id: 3, method: 'third', meta: { timeoutMs: 60 } },
    ])
    expect(log).toEqual(['first is 1', 'extras of first', 'third is 3', 'extras of third'])
  })

  test('without extras is written as ever, to the byte', () => {
    const end = new End()
    end.session.call('x', [1], () => {}, { extras: () => ({}) })
    expect(String(end.session.next())).toBe(frame('{"jsonrpc":"2.0","id":1,"method":"x","params":[1]}'))
  })

  test.each<[string, unknown]>([['a string', '"1"'], ['another', '77'], ['null and a result', 'null'], ['a symbol of nothing', '"constructor"']])(
    'is not settled by a reply with another id: %s',
    (_, id) => {
      const end = new End()
      const made = end.call('x', [])
      say(end, frame(`{"jsonrpc":"2.0","result":1,"id":${String(id)}}`))
      expect(outcome(made)).toEqual([])
      expect(end.session.stats.unknownReplies).toBe(1)
      say(end, reply(1, 'mine') + reply(1, 'again'))
      expect(outcome(made)).toEqual(['mine'])
      expect(end.session.stats.unknownReplies).toBe(2)
    },
  )

  test('is failed by an error without an id if it is the only one; of several, none is', () => {
    const error = frame('{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null}')
    const one = new End()
    const made = one.call('x', [])
    say(one, error)
    expect(outcome(made)).toEqual([expect.objectContaining({ code: -32600, from: 'peer' })])
    expect(one.log).toEqual([])

    const two = new End()
    const both = [two.call('x', []), two.call('y', [])]
    say(two, error)
    expect(both.map(outcome)).toEqual([[], []])
    expect(two.session.stats.unknownReplies).toBe(1)
    expect(two.log).toEqual([expect.stringContaining('no certain call')])
  })

  test.each(['received', 'destroyed', 'closed', 'ended'])('is told of the end, once, and whether it was sent: %s', (how) => {
    const end = new End({ window: 1 })
    const made = [end.call('sent', []), end.call('waits', [])]
    const told: unknown[] = []
    end.session.notify('waits', [], (error) => told.push(error))
    const cause = new Error('why')
    if (how === 'received') say(end, 'garbage\r\n\r\n')
    else if (how === 'destroyed') end.session.destroy(cause)
    else if (how === 'closed') end.session.closed(cause)
    else end.session.ended()
    const errors = made.map(({ outcomes }) => outcomes.map(({ error }) => error as DisconnectedError))
    expect(errors.map((list) => list.map(({ sent }) => sent))).toEqual([[true], [false]])
    expect(told).toEqual([expect.objectContaining({ sent: false })])
    expect(errors[0]![0]!.message).toContain('before the reply came')
    expect(errors[1]![0]!.message).toContain('before the request was sent')
    const reason = { received: expect.objectContaining({ code: 'ERR_FRAMING' }), ended: undefined }[how] ?? cause
    expect(errors[0]![0]!.cause).toEqual(how === 'ended' ? undefined : reason)
    expect(() => end.call('later', [])).toThrow(DisconnectedError)
    end.session.closed()
    expect(end.ended).toBe(1)
    expect(end.session.stats).toMatchObject({ pending: 0, waiting: 0, unanswered: 0 })
  })
})

describe('the end', () => {
  test('is said after what was asked has been answered', () => {
    const end = new End()
    say(end, ask(1))
    end.session.ended()
    expect(end.session.takeEnd()).toBe(false)
    answer(end)
    expect(end.session.takeEnd(), 'the answer is not sent yet').toBe(false)
    expect(sent(end)).toHaveLength(1)
    expect(end.session.takeEnd()).toBe(true)
    expect(end.session.takeEnd(), 'once').toBe(false)
    expect(end.session.over).toBe(true)
    expect(end.session.cause).toBeUndefined()
  })

  test.each([
    ['garbage', (end: End) => say(end, 'garbage\r\n\r\n' + ask(9))],
    ['the end inside a frame', (end: End) => (say(end, 'Content-Length: 10\r\n\r\n{'), end.session.ended())],
  ])('after %s is explained, and what came before is answered first', (_, what) => {
    const end = new End()
    say(end, ask(1))
    what(end)
    say(end, ask(10))
    expect(sent(end)).toEqual([])
    expect(end.running).toHaveLength(1)
    expect(end.session.reads, 'and dropped').toBe(true)
    answer(end)
    expect(sent(end)).toMatchObject([{ id: 1, result: [''] }, { id: null, error: { code: -32700 } }])
    expect(end.session.takeEnd()).toBe(true)
    expect(end.session.cause).toMatchObject({ code: 'ERR_FRAMING' })
  })

  test('close takes nothing on, finishes what is in flight both ways, and then ends', () => {
    const end = new End({ window: 1 })
    const made = [end.call('x', []), end.call('waits', [])]
    say(end, ask(1))
    end.session.close()
    expect(() => end.call('y', [])).toThrow('closed by this side')
    say(end, ask(2))
    expect(end.running).toHaveLength(1)
    expect(sent(end)).toMatchObject([{ method: 'x' }, { id: 2, error: { code: -32014, data: { status: 'UNAVAILABLE' } } }])
    answer(end)
    expect(sent(end)).toMatchObject([{ id: 1 }])
    expect(end.session.takeEnd()).toBe(false)
    say(end, reply(1, 1))
    expect(sent(end)).toMatchObject([{ method: 'waits' }])
    say(end, reply(2, 2))
    expect(made.map(outcome)).toEqual([[1], [2]])
    expect(end.session.takeEnd()).toBe(true)
    say(end, ask(3) + frame('{"jsonrpc":"2.0","method":"late"}'))
    expect(end.running, 'what cannot be answered is not run').toEqual([])
    expect(end.heard).toEqual([])
    expect(end.session.over).toBe(false)
    end.session.ended()
    expect(end.session.over).toBe(true)
  })

  test('close of an idle end is the end; twice is once', () => {
    const end = new End()
    end.session.close()
    end.session.close()
    expect(end.session.takeEnd()).toBe(true)
    expect(end.ended).toBe(1)
  })

  test('close sends what was said before it', () => {
    const end = new End({ highWater: 10 })
    end.session.notify('first')
    end.session.notify('second')
    end.session.close()
    expect(end.session.stats.waiting).toBe(1)
    expect(sent(end).map(({ method }) => method)).toEqual(['first', 'second'])
    expect(end.session.takeEnd()).toBe(true)
  })

  test('two that close at once, with calls in flight both ways, both come to their end', () => {
    const ends: [End, End] = [new End(), new End()]
    const made = ends.map((end) => end.call('x', [1]))
    for (const end of ends) while (end.send(end === ends[0] ? ends[1] : ends[0], Infinity));
    for (const end of ends) end.receive(1e6)
    for (const end of ends) end.session.close()
    settle(ends)
    expect(made.map(outcome)).toEqual([[[1]], [[1]]])
    expect(ends.map(({ over }) => over)).toEqual([true, true])
  })
})

describe('time', () => {
  const limits = { frameTimeout: 100, sendTimeout: 200, grace: 300, linger: 50 }

  test('of a frame counts from its last progress: a byte now and then is none, 16 KiB are', () => {
    const end = new End(limits)
    expect(end.session.tick(0)).toBe(Infinity)
    say(end, 'Content-Length: 1000000\r\n\r\n')
    expect(end.session.tick(10)).toBe(110)
    say(end, 'x')
    expect(end.session.tick(60)).toBe(110)
    say(end, 'x'.repeat(16 * 1024))
    expect(end.session.tick(100)).toBe(200)
    expect(end.session.tick(199)).toBe(200)
    end.session.tick(200)
    expect(sent(end)).toMatchObject([{ id: null, error: { code: -32700 } }])
    expect(end.session.cause).toMatchObject({ message: expect.stringContaining('100 ms') })
  })

  test('of a frame begins anew with each, and stops between them', () => {
    const end = new End(limits)
    say(end, ask(1).slice(0, -1))
    expect(end.session.tick(0)).toBe(100)
    say(end, '}' + ask(2).slice(0, -1))
    expect(end.session.tick(90)).toBe(190)
    say(end, '}')
    expect(end.session.tick(180)).toBe(Infinity)
    expect(end.session.tick(1e9)).toBe(Infinity)
    say(end, 'C')
    expect(end.session.tick(1e9 + 1)).toBe(1e9 + 101)
  })

  test('of a frame does not pass while we do not read', () => {
    const end = new End({ ...limits, highWater: 10, parked: 1, sendTimeout: Infinity })
    say(end, ask(1) + ask(2) + 'Content')
    expect(end.session.tick(0)).toBe(100)
    answer(end)
    say(end, '-Length: 2\r\n\r\n{}' + ask(3) + 'Content')
    expect(end.session.reads).toBe(false)
    expect(end.session.tick(60)).toBe(Infinity)
    expect(end.session.tick(1_000)).toBe(Infinity)
    sent(end)
    expect(end.session.reads).toBe(true)
    expect(end.session.tick(2_000)).toBe(2_100)
  })

  test('of sending counts from the last byte that was taken', () => {
    const end = new End(limits)
    say(end, ask(1, 200_000))
    answer(end)
    const first = end.session.next()!
    expect(end.session.tick(0)).toBe(200)
    end.session.took(1)
    expect(end.session.tick(150)).toBe(350)
    end.session.took(first.length - 1)
    expect(end.session.tick(300)).toBe(500)
    end.session.tick(500)
    expect(end.session.cause).toMatchObject({ message: 'the peer has read nothing for 200 ms' })
  })

  test('of sending stops when all has left', () => {
    const end = new End(limits)
    say(end, ask(1))
    answer(end)
    expect(end.session.tick(0)).toBe(200)
    sent(end)
    expect(end.session.tick(100)).toBe(Infinity)
  })

  test('of a close counts from the last progress, and then there is a moment for the peer to go', () => {
    const end = new End({ ...limits, sendTimeout: Infinity })
    const made = [end.call('x', []), end.call('y', [])]
    sent(end)
    end.session.close()
    expect(end.session.tick(0)).toBe(300)
    say(end, reply(1))
    expect(end.session.tick(250)).toBe(550)
    say(end, reply(2))
    expect(made.map(outcome)).toEqual([[null], [null]])
    expect(end.session.takeEnd()).toBe(true)
    expect(end.session.tick(260)).toBe(310)
    expect(end.session.over).toBe(false)
    expect(end.session.tick(310)).toBe(Infinity)
    expect(end.session.over).toBe(true)
    expect(end.session.cause).toBeUndefined()
  })

  test('of a close does not wait for ever, whoever it is that does not finish', () => {
    for (const begin of [(end: End) => void end.call('x', []), (end: End) => say(end, ask(1))]) {
      const end = new End({ ...limits, sendTimeout: Infinity })
      begin(end)
      sent(end)
      end.session.close()
      expect(end.session.tick(0)).toBe(300)
      end.session.tick(300)
      expect(end.session.over).toBe(true)
    }
  })

  test('does not pass for a handler of ours, while nobody asked to close', () => {
    const end = new End(limits)
    say(end, ask(1))
    end.session.ended()
    expect(end.session.tick(0)).toBe(Infinity)
  })

  test('without limits is never up', () => {
    const end = new End({ frameTimeout: Infinity, sendTimeout: Infinity, grace: Infinity, linger: Infinity })
    say(end, ask(1) + 'Content')
    answer(end)
    end.session.close()
    expect(end.session.tick(1e12)).toBe(Infinity)
    sent(end)
    expect(end.session.takeEnd()).toBe(true)
    expect(end.session.tick(1e13)).toBe(Infinity)
  })
})

test.each([{ grace: NaN }, { window: -1 }, { hardCap: 'a lot' as never }])('%j is no limit', (options) => {
  const events = { request() {}, wake() {} }
  expect(() => new Session(events, options)).toThrow(RangeError)
})
