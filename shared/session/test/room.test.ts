import { createFramer, requestText } from '@rpc-steps/wire'
import { expect, test } from 'vitest'
import { echo, End } from './pair.ts'

const { frame } = createFramer('content-length')
const say = (end: End, text: string) => end.session.received(Buffer.from(text))
const ask = (id: number, size = 0) => frame(requestText(id, 'echo', ['x'.repeat(size)]))
const reply = (id: number) => frame(JSON.stringify({ jsonrpc: '2.0', result: null, id }))
const answer = (end: End) => end.running.splice(0).forEach(({ request, respond }) => echo(request, respond))

/** The ids and names of what an end wants to send now. */
function sent(end: End): unknown[] {
  const framer = createFramer('content-length', { header: 8192, body: 1e9 })
  const messages = []
  for (let bytes; (bytes = end.session.next()) !== undefined; ) {
    framer.push(Buffer.from(bytes))
    for (let body; (body = framer.next()) !== undefined; ) messages.push(JSON.parse(body))
    end.session.took(bytes.length)
  }
  return messages.map(({ id, method }: { id?: number; method?: string }) => id ?? method)
}

test('a full output has room again when half of it has left, and not before', () => {
  const end = new End({ highWater: 1_000 })
  say(end, ask(1, 1_500))
  answer(end)
  say(end, ask(2))
  end.session.next()
  const { held } = end.session.stats
  end.session.took(held - 501)
  expect(end.running).toEqual([])
  end.session.took(1)
  expect(end.running).toHaveLength(1)
})

test('who waits for room is told once, when half has left, and not when an answer has filled it again', () => {
  const end = new End({ highWater: 1_000 })
  expect(end.session.full).toBe(false)
  say(end, ask(1, 1_500))
  answer(end)
  expect(end.session.full).toBe(true)
  end.session.next()
  end.session.took(end.session.stats.held - 501)
  expect([end.session.full, end.rooms]).toEqual([true, 0])
  end.session.took(1)
  expect([end.session.full, end.rooms]).toEqual([false, 1])
  end.session.took(500)
  expect(end.rooms, 'it was not full').toBe(1)

  const busy: End = new End({ highWater: 1_000 }, echo)
  say(busy, ask(1, 1_500) + ask(2, 1_500))
  const { length } = busy.session.next()!
  busy.session.took(length)
  expect([busy.session.full, busy.rooms], 'the second answer fills it').toEqual([true, 0])
  busy.session.took(busy.session.next()!.length)
  expect([busy.session.full, busy.rooms]).toEqual([false, 1])
})

test('a reply gives its room in the window back while others are unanswered', () => {
  const end = new End({ windowSize: 5_000 })
  for (let i = 0; i < 20; i++) end.call('x', ['x'.repeat(2_000)])
  expect(sent(end)).toEqual([1, 2])
  for (let id = 1; id < 19; id++) {
    say(end, reply(id))
    expect(sent(end)).toEqual([id + 2])
  }
})

test('a notification needs no room in the window', () => {
  const end = new End({ window: 1 })
  end.call('x', [])
  end.session.notify('note')
  expect(sent(end)).toEqual([1, 'note'])
})

test('a large call that is given up makes way for a small one behind it', () => {
  const end = new End({ windowSize: 5_000 })
  end.call('x', ['x'.repeat(3_000)])
  const large = end.call('x', ['x'.repeat(4_000)])
  end.call('x', [])
  expect(sent(end)).toEqual([1])
  end.giveUp(large)
  expect(sent(end)).toEqual([3])
})

test('an end that hears no more reads on, however much is parked: garbage unread would be a reset', () => {
  const end = new End({ highWater: 10, parked: 1 })
  say(end, ask(1))
  answer(end)
  say(end, ask(2) + 'garbage\r\n\r\n')
  expect(end.session.stats.parked).toBe(1)
  expect(end.session.reads).toBe(true)
})

test('what is parked when the connection is lost is never run', () => {
  const end = new End({ highWater: 10 })
  say(end, ask(1))
  answer(end)
  say(end, ask(2))
  const { held } = end.session.stats
  end.session.closed()
  end.session.took(held)
  expect(end.running).toEqual([])
  expect(end.session.stats.parked).toBe(0)
})

test('the grace of a close begins anew with every byte that the peer takes', () => {
  const end = new End({ grace: 300, sendTimeout: Infinity })
  say(end, ask(1, 100_000))
  answer(end)
  end.session.close()
  end.session.next()
  expect(end.session.tick(0)).toBe(300)
  end.session.took(1)
  expect(end.session.tick(250)).toBe(550)
  expect(end.session.tick(549)).toBe(550)
  expect(end.session.over).toBe(false)
})

test('what ends a connection whose peer had ended its side in order is the cause of its end', () => {
  const end = new End()
  say(end, ask(1))
  end.session.ended()
  expect(end.session.cause).toBeUndefined()
  end.session.closed(new Error('reset'))
  end.session.closed(new Error('later'))
  expect(end.session.cause).toMatchObject({ message: 'reset' })
  expect(end.ended).toBe(1)

  const garbled = new End()
  say(garbled, 'garbage\r\n\r\n')
  garbled.session.closed(new Error('reset'))
  expect(garbled.session.cause, 'the first counts').toMatchObject({ code: 'ERR_FRAMING' })
})
