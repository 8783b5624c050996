import { expect, it } from 'vitest'
import type { Broker } from '../src/index.ts'
import { InProcessBroker } from '../src/index.ts'
import { calling, failure, overEach, service, until, working } from './support.ts'

/** What is heard under a subject, with its place in front. */
function hearing(broker: Broker, subject: string, queue?: string): string[] {
  const heard: string[] = []
  broker.subscribe(subject, (message) => heard.push(message.nobody ? 'nobody' : message.text()), { queue })
  return heard
}

overEach('a broker', (start) => {
  it('delivers by subject, in order, with wildcards', async () => {
    const place = await start()
    const [to, from] = [await place.connect(), await place.connect()]
    const heard = Object.fromEntries(['a.b', 'a.*', 'a.>', '*.b', '>', 'a', 'a.b.c'].map((subject) => [subject, hearing(to, subject)]))
    await to.flush()
    for (const subject of ['a.b', 'a.b.c', 'a', 'c.b']) from.publish(subject, subject)
    await from.flush()
    await until(() => heard['>']!.length === 4)
    await to.flush()
    expect(heard).toEqual({
      'a.b': ['a.b'], 'a.*': ['a.b'], 'a.>': ['a.b', 'a.b.c'], '*.b': ['a.b', 'c.b'], '>': ['a.b', 'a.b.c', 'a', 'c.b'], 'a': ['a'], 'a.b.c': ['a.b.c'],
    })
  })

  it('gives each message to one of a group, and to all who are on their own', async () => {
    const place = await start()
    const [to, from, third] = [await place.connect(), await place.connect(), await place.connect()]
    const group = [hearing(to, 'a', 'g'), hearing(third, '*', 'g')]
    const [other, alone] = [hearing(to, 'a', 'h'), hearing(to, 'a')]
    await Promise.all([to.flush(), third.flush()])
    for (let i = 0; i < 200; i++) from.publish('a', String(i))
    await from.flush()
    await Promise.all([to.flush(), third.flush()])
    const counts = group.map(({ length }) => length)
    expect(counts[0]! + counts[1]! + other.length).toBe(400)
    expect([other.length, alone.length]).toEqual([200, 200])
    expect(Math.min(...counts)).toBeGreaterThan(40)
  })

  it('tells who has published when nobody hears it, also after the last has left', async () => {
    const place = await start()
    const broker = await place.connect()
    const inbox = hearing(broker, '_INBOX.me.1')
    broker.publish('a', 'x', { reply: '_INBOX.me.1' })
    await until(() => inbox.length === 1)
    const heard: string[] = []
    const subscription = broker.subscribe('a', (message) => heard.push(message.text()))
    broker.publish('a', 'y', { reply: '_INBOX.me.1' })
    await subscription.end()
    expect(heard).toEqual(['y']) // what was sent before it left
    broker.publish('a', 'z', { reply: '_INBOX.me.1' })
    await until(() => inbox.length === 2)
    expect(inbox).toEqual(['nobody', 'nobody'])
  })

  it('carries headers, and refuses what is too large with them', async () => {
    const place = await start()
    const broker = await place.connect()
    const heard: (string | undefined)[] = []
    broker.subscribe('a', (message) => heard.push(message.header('X-Text'), message.header('x-text'), message.header('constructor')))
    broker.publish('a', '', { headers: { 'X-Text': 'some: é' } })
    await until(() => heard.length === 3)
    expect(heard).toEqual(['some: é', undefined, undefined])
    const most = broker.maxPayload
    broker.publish('b', 'a'.repeat(most))
    expect(() => broker.publish('b', 'a'.repeat(most + 1))).toThrow('Invalid Request')
    expect(() => broker.publish('b', 'é'.repeat(most / 2 + 1))).toThrow('Invalid Request')
    broker.publish('b', 'a'.repeat(most - 12 - 10), { headers: { ab: 'cdef' } }) // NATS/1.0, an empty line; a colon, a space, a line end
    expect(() => broker.publish('b', 'a'.repeat(most - 12 - 10 + 1), { headers: { ab: 'cdef' } })).toThrow('Invalid Request')
    await broker.flush() // a server ends the connection for what is too large
    expect(broker.up).toBe(true)
  })

  it('lets everybody find the service, and count what it does', async () => {
    const place = await start()
    const workers = [await working(await place.connect(), service(), { subject: 'a.b' }), await working(await place.connect(), service(), { subject: 'c' })]
    const caller = calling(await place.connect(), { subject: 'c' })
    await Promise.all([caller.call('add', { a: 1, b: 2 }), caller.call('add', { a: 1, b: 2 }), failure(caller.call('foobar'))])
    const broker = await place.connect()
    let reply = 0
    const ask = async (subject: string, count: number) => {
      const heard = hearing(broker, `_INBOX.me.${++reply}`)
      broker.publish(subject, '', { reply: `_INBOX.me.${reply}` })
      await until(() => heard.length === count, subject)
      return heard.map((text) => JSON.parse(text) as Record<string, unknown>)
    }
    const all = await ask('$SRV.PING', 2)
    expect(all.map(({ name }) => name).sort()).toEqual(['a.b', 'c'])
    const [{ id, ...ping }] = (await ask('$SRV.PING.c', 1)) as [Record<string, unknown>]
    expect(ping).toEqual({ type: 'io.nats.micro.v1.ping_response', name: 'c', version: '13.0.0', metadata: {} })
    expect(await ask(`$SRV.INFO.c.${String(id)}`, 1)).toMatchObject([{
      type: 'io.nats.micro.v1.info_response', id, description: expect.any(String) as string,
      endpoints: [{ name: 'call', subject: 'c.call', queue_group: 'workers', metadata: {} }],
    }])
    expect(await ask('$SRV.STATS.c', 1)).toMatchObject([{
      type: 'io.nats.micro.v1.stats_response', started: expect.stringMatching(/^20.*Z$/) as string,
      endpoints: [{ num_requests: 3, num_errors: 1, last_error: 'Method not found', processing_time: expect.any(Number) as number, average_processing_time: expect.any(Number) as number }],
    }])
    await workers[1]!.leave()
    expect(await ask('$SRV.PING', 1)).toMatchObject([{ name: 'a.b' }])
  })
})

it('in process loses what is too much, and says how much that was', async () => {
  const broker = new InProcessBroker({ pending: 10 })
  const heard = hearing(broker, 'a')
  for (let i = 0; i < 15; i++) broker.publish('a', String(i))
  await broker.flush()
  expect([heard.length, broker.lost]).toEqual([10, 5])
  // Who asks whether there is room loses nothing.
  await working(broker)
  const { call } = calling(broker)
  const sums = await Promise.all(Array.from({ length: 100 }, (_, i) => call('add', { a: i, b: 0 })))
  expect([sums.length, broker.lost]).toEqual([100, 5])
})
