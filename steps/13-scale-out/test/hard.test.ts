import { expect, it } from 'vitest'
import { codes, DisconnectedError, RpcError } from '@rpc-steps/wire'
import type { Json } from '@rpc-steps/wire'
import { retrying } from '@rpc-steps/resilience'
import { incoming } from '@rpc-steps/streaming'
import { calling, collect, connection, failure, natsServer, overEach, service, until, working } from './support.ts'
import { isInstalled } from '../tried/nats-server.ts'
import type { Broker, Message } from '../src/index.ts'

overEach('hard cases', (start) => {
  it('has two callers call each other a thousand times at once', async () => {
    const place = await start()
    const [a, b] = [await place.connect(), await place.connect()]
    const [toA, toB] = [calling(a, { subject: 'b' }), calling(b, { subject: 'a' })]
    // Each answers by calling the other back.
    const back = (caller: typeof toA) => service({ back: ({ params }) => caller.call('add', params as Json[]) })
    await working(a, back(toA), { subject: 'a' })
    await working(b, back(toB), { subject: 'b' })
    const all = (caller: typeof toA) => Promise.all(Array.from({ length: 1_000 }, (_, i) => caller.call('back', { a: i, b: 1 })))
    const sums = Array.from({ length: 1_000 }, (_, i) => i + 1)
    expect(await Promise.all([all(toA), all(toB)])).toEqual([sums, sums])
    expect([toA.inFlight, toB.inFlight, toA.ignored, toB.ignored]).toEqual([0, 0, 0, 0])
  })

  it('carries nearly a megabyte each way, many at once, and says what is more', async () => {
    const place = await start()
    await working(await place.connect())
    const caller = calling(await place.connect())
    const text = 'é'.repeat(500_000)
    const answers = await Promise.all(Array.from({ length: 20 }, () => caller.call('say', { text })))
    expect(answers.every((answer) => answer === `You said: ${text}`)).toBe(true)
    const error = await failure(caller.call('say', { text: text + text }))
    expect(error).toMatchObject({ code: codes.invalidRequest, from: 'here' })
    expect(error.data).toMatch(/bytes, and the broker takes at most 1048576/)
    expect(caller.inFlight).toBe(0)
    expect(await caller.call('say', { text: 'a' })).toBe('You said: a')
  })

  it('answers with an error if the answer is too large, and ends a stream at an item that is', async () => {
    const place = await start()
    await working(await place.connect(), service({ much: () => 'a'.repeat(2_000_000) }))
    const caller = calling(await place.connect())
    expect(await failure(caller.call('much'))).toMatchObject({ code: codes.internalError, data: 'the answer is too large to be sent', from: 'peer' })
    const items = ['a', 'b', 'c'.repeat(2_000_000)]
    expect(await failure(caller.upload('total', undefined, items))).toMatchObject({ code: codes.invalidRequest })
    expect(await failure(collect(caller.stream('echo', undefined, { up: items })))).toMatchObject({ code: codes.invalidRequest })
    expect(await caller.call('add', { a: 1, b: 2 })).toBe(3)
  })

  it('streams no faster than it is read, and goes on beside a reader that has stopped', async () => {
    const place = await start()
    let made = 0
    const worker = await working(await place.connect(), service({
      numbers: (() => (async function* () { for (;;) yield ++made })()) as never,
    }))
    const caller = calling(await place.connect())
    const reader = caller.stream('numbers')[Symbol.asyncIterator]()
    expect(await reader.next()).toEqual({ value: 1, done: false })
    expect((await collect(caller.stream('count', { to: 5_000 }))).length).toBe(5_000)
    expect(made).toBeLessThan(600)
    await reader.return!()
    await until(() => worker.inFlight === 0)
    expect(caller.inFlight).toBe(0)
  })

  it('has an error in the middle of a stream come after the items before it', async () => {
    const place = await start()
    await working(await place.connect(), service({
      some: (() => (async function* () {
        yield 1
        yield 2
        throw new RpcError(7, 'no more')
      })()) as never,
    }))
    const caller = calling(await place.connect())
    const seen: Json[] = []
    const reading = (async () => { for await (const item of caller.stream('some')) seen.push(item) })()
    expect(await failure(reading)).toMatchObject({ code: 7, from: 'peer' })
    expect(seen).toEqual([1, 2])
  })

  it('ends a stream of which a message is lost', async () => {
    const place = await start()
    const losing = (broker: Broker, is: (text: string) => boolean): Broker => new Proxy(broker, {
      get(target, name) {
        if (name === 'publish') return (...given: Parameters<Broker['publish']>) => void (is(given[1]) || target.publish(...given))
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) as unknown : value
      },
    })
    const third = () => {
      let seen = 0
      return (text: string) => text.includes('$/stream/') && ++seen === 3
    }
    // One fills a message, and all of them need no more credit than there is: so nobody waits, and only the numbers tell.
    const items = Array<string>(100).fill('a'.repeat(16_000))
    await working(losing(await place.connect(), third()), service({
      down: (() => (async function* () { yield* items })()) as never,
      up: async (_, context) => (await collect(incoming(context))).length,
    }))
    const missing = { message: 'A message is missing' }
    expect(await failure(collect(calling(await place.connect()).stream('down')))).toMatchObject(missing)
    expect(await failure(calling(losing(await place.connect(), third())).upload('up', undefined, items))).toMatchObject(missing)
    // The last one: nothing comes after it but signs of life.
    const last = calling(losing(await place.connect(), (text) => text.includes('"end":true')), { beatMs: 400 })
    expect(await failure(last.upload('up', undefined, items))).toMatchObject(missing)
  })

  it('answers hostile messages, or not, and goes on', async () => {
    const place = await start()
    const by = await place.connect()
    let ran = 0
    await working(by, service({ ran: () => ++ran }))
    const broker = await place.connect()
    const heard: string[] = []
    broker.subscribe('_INBOX.hostile.*', (message) => heard.push(message.text()))
    broker.subscribe('elsewhere', (message) => heard.push(`elsewhere: ${message.text()}`))
    const say = (text: string, reply: string | undefined = '_INBOX.hostile.1', headers?: Record<string, string>) => broker.publish('rpc-steps.call', text, { reply, headers })
    const ask = (id: Json, more = {}) => JSON.stringify({ jsonrpc: '2.0', id, method: 'ran', ...more })
    say('not json')
    say('['.repeat(1_000_000))
    say('{"a":'.repeat(150_000))
    say('')
    say(JSON.stringify([JSON.parse(ask(1))]))
    say(ask({ a: 1 }))
    say(ask(2, { meta: { timeoutMs: 'soon' } }))
    say(ask(3), '_INBOX.hostile.1', { 'Timeout-Ms': '-1' })
    say(ask(4), '_INBOX.hostile.1', { Authorization: 'Basic abc' })
    say(ask(5), '_INBOX.hostile.5')
    say(ask(5), '_INBOX.hostile.5') // twice
    broker.publish('rpc-steps.call', ask(6)) // nowhere to answer
    say(ask(7), 'elsewhere') // where answers do not belong
    say(ask(8), 'rpc-steps.call') // to be asked by its own answer
    say('{"jsonrpc":"2.0","id":1,"result":1}')
    say('{"jsonrpc":"2.0","method":"ran"}', '_INBOX.hostile.2') // a notification: run, and not answered
    say(ask(9), '_INBOX.hostile.9')
    await until(() => heard.some((text) => text.includes('"id":9')))
    expect(heard.map((text) => {
      if (text.startsWith('elsewhere')) return text
      const { error, id, result } = JSON.parse(text) as { error?: { code: number }; id: Json; result?: Json }
      return `${id}: ${error?.code ?? result}`
    })).toEqual(['null: -32700', 'null: -32600', 'null: -32700', 'null: -32700', 'null: -32600', 'null: -32600', '2: -32600', '3: -32600', '4: -32600', '5: -32600', '5: 1', '9: 3'])
    expect(ran).toBe(3)
  })

  it('believes no answer that is not the one', async () => {
    const place = await start()
    const [by, broker] = [await place.connect(), await place.connect()]
    const caller = calling(broker)
    by.subscribe('rpc-steps.call', ({ reply }) => {
      const say = (text: string, to = reply!) => by.publish(to, text)
      say('not json')
      say('null')
      say('[]')
      say('{"jsonrpc":"2.0","id":99,"result":"another id"}')
      say('{"jsonrpc":"2.0","id":1,"result":"another call"}', reply!.replace(/1$/, '2'))
      say('{"jsonrpc":"2.0","method":"$/stream/down","params":{"id":1,"items":[1]}}')
      say('{"jsonrpc":"2.0","method":"$/alive","params":{"id":1}}')
      say('{"jsonrpc":"2.0","id":1,"result":"right"}')
      say('{"jsonrpc":"2.0","id":1,"result":"late"}')
    })
    await by.flush()
    expect(await caller.call('x')).toBe('right')
    await until(() => caller.ignored === 6)
  })

  it('takes no answer that is too deep for whoever reads it', async () => {
    const place = await start()
    await working(await place.connect(), service({ deep: () => JSON.parse('['.repeat(200) + ']'.repeat(200)) as Json }))
    expect(await failure(calling(await place.connect()).call('deep'))).toMatchObject({ code: -32600, from: 'here' })
  })

  it('lets nobody speak of a request but who has asked', async () => {
    const place = await start()
    const broker = await place.connect()
    const worker = await working(await place.connect())
    const heard: Message[] = []
    const caller = calling(await place.connect(), { beatMs: 50 })
    const end = new AbortController()
    const answer = caller.call('sleep', { ms: 60_000 }, { signal: end.signal }).catch((error: Error) => error)
    await until(() => worker.inFlight === 1)
    const cancel = '{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}'
    broker.subscribe('_INBOX.me.*', (message) => heard.push(message))
    broker.publish('rpc-steps.cancel', cancel, { reply: '_INBOX.me.1' })
    broker.publish('rpc-steps.cancel', cancel)
    broker.publish('rpc-steps.cancel', 'not json', { reply: '_INBOX.me.1' })
    broker.publish('rpc-steps.worker.any.any', cancel, { reply: '_INBOX.me.1' })
    expect(await calling(broker).call('add', { a: 1, b: 1 })).toBe(2) // later than all that
    expect(worker.inFlight).toBe(1)
    end.abort(new Error('enough'))
    expect(await answer).toMatchObject({ message: 'enough' })
    await until(() => worker.inFlight === 0)
  })

  it('takes no subject from outside', async () => {
    const place = await start()
    const broker = await place.connect()
    for (const subject of ['', 'a b', 'a\r\nPUB x 1\r\n1', 'a.*', '>', 'a..b', '.a', 'é', 'a'.repeat(300)]) {
      expect(() => broker.publish(subject, ''), subject).toThrow(TypeError)
      expect(() => broker.publish('a', '', { reply: subject }), subject).toThrow(TypeError)
      expect(() => calling(broker, { subject }), subject).toThrow(TypeError)
    }
    await working(await place.connect())
    for (const method of ['a b', 'x\r\nPUB rpc-steps.call 1\r\n1\r\n', '$SRV.PING', '>', '__proto__']) {
      expect(await failure(calling(broker).call(method))).toMatchObject({ code: -32601 })
    }
  })

  it('ends what a vanished caller had asked for', async () => {
    const place = await start()
    const broker = await place.connect()
    const worker = await working(await place.connect(), service(), { beatMs: 30 })
    const inbox = broker.subscribe('_INBOX.gone.*', () => {})
    broker.publish('rpc-steps.call', '{"jsonrpc":"2.0","id":1,"method":"sleep","params":{"ms":60000}}', { reply: '_INBOX.gone.1' })
    broker.publish('rpc-steps.call', '{"jsonrpc":"2.0","id":2,"method":"feed","params":{"ms":60000,"items":9},"meta":{"credit":5}}', { reply: '_INBOX.gone.2' })
    await until(() => worker.inFlight === 2)
    await inbox.end()
    await until(() => worker.inFlight === 0)
  })

  it('loses no call while each of its workers is replaced', async () => {
    const place = await start()
    const open = async () => working(await place.connect(), service({ brief: (_, context) => context.sleep(3).then(() => 1) }))
    const workers = [await open(), await open(), await open(), await open()]
    const { call } = calling(await place.connect())
    let [on, calls] = [true, 0]
    const failed: unknown[] = []
    const asking = Array.from({ length: 20 }, async () => {
      while (on) await call('brief').then(() => calls++, (error: unknown) => failed.push(error))
    })
    for (const [i, worker] of workers.entries()) {
      const before = calls
      workers[i] = await open()
      await worker.leave()
      await until(() => worker.inFlight === 0)
      await worker.close()
      await until(() => calls > before + 50, 'calls go on')
    }
    on = false
    await Promise.all(asking)
    expect(failed).toEqual([])
  })

  it('answers what had been sent to it before it left', async () => {
    const place = await start()
    const worker = await working(await place.connect())
    const { call } = calling(await place.connect())
    const outcome = (error: unknown) => (error instanceof RpcError && error.code === codes.unavailable ? 'sent to nobody' : error)
    const answers = Array.from({ length: 100 }, () => call('add', { a: 1, b: 2 }).catch(outcome))
    await Promise.resolve() // they are sent, and not heard yet
    await worker.leave()
    for (const answer of await Promise.all(answers)) expect(['sent to nobody', 3]).toContain(answer)
    expect(worker.inFlight).toBe(0)
  })

  it('answers quickly beside a slow worker', async () => {
    const place = await start()
    await working(await place.connect(), service({ turn: (_, context) => context.sleep(500).then(() => 'slow') }))
    for (let i = 0; i < 3; i++) await working(await place.connect(), service({ turn: () => 'quick' }))
    const { call } = calling(await place.connect())
    const order: Json[] = []
    await Promise.all(Array.from({ length: 100 }, async () => order.push(await call('turn'))))
    expect(order.filter((one) => one === 'quick').length).toBeGreaterThan(50)
    expect(order.indexOf('slow')).toBe(order.lastIndexOf('quick') + 1)
  })
})

it.skipIf(!isInstalled)('ends what is in flight when the broker goes, and goes on when it is back', async () => {
  const server = await natsServer()
  const [by, to] = [await connection(server), await connection(server)]
  const worker = await working(by)
  const caller = calling(to)
  const waiting = failure(caller.call('sleep', { ms: 60_000 }))
  const reading = failure(collect(caller.stream('feed', { ms: 60_000, items: 2 })))
  await until(() => worker.inFlight === 2)
  await server.kill()
  for (const error of await Promise.all([waiting, reading])) {
    expect(error).toBeInstanceOf(DisconnectedError)
    expect(error).toMatchObject({ sent: true })
  }
  await until(() => worker.inFlight === 0)
  expect(await failure(caller.call('add', { a: 1, b: 1 }))).toMatchObject({ name: 'DisconnectedError', sent: false })
  await server.start()
  const call = retrying(caller.call, { tries: 200, base: 20, cap: 100, budget: { deposit() {}, withdraw: () => true, balance: 1 } as never })
  expect(await call('add', { a: 1, b: 1 })).toBe(2)
  expect(await collect(caller.stream('count', { to: 3 }))).toEqual([1, 2, 3])
})

it.skipIf(!isInstalled)('notices a worker that dies with work in hand, and asks another', async () => {
  const server = await natsServer()
  const dying = await connection(server)
  const worker = await working(dying, service(), { beatMs: 20 })
  const caller = calling(await connection(server), { beatMs: 20 })
  const waiting = failure(caller.call('sleep', { ms: 60_000 }))
  const reading = caller.stream('feed', { ms: 1, items: 1_000_000 })[Symbol.asyncIterator]()
  await reading.next()
  await until(() => worker.inFlight === 2)
  await dying.connection.close()
  const rest = failure((async () => { while (!(await reading.next()).done); })())
  for (const error of await Promise.all([waiting, rest])) expect(error).toMatchObject({ name: 'DisconnectedError', sent: true })
  expect(await failure(caller.call('add', { a: 1, b: 1 }))).toMatchObject({ code: -32014 })
  await working(await connection(server))
  expect(await caller.call('add', { a: 1, b: 1 })).toBe(2)
})

it.skipIf(!isInstalled)('does not wait for ever for a broker that stands still', async () => {
  const server = await natsServer()
  await working(await connection(server))
  const caller = calling(await connection(server), { beatMs: 30 })
  expect(await caller.call('add', { a: 1, b: 1 })).toBe(2)
  server.freeze()
  expect(await failure(caller.call('add', { a: 1, b: 1 }))).toMatchObject({ name: 'DisconnectedError', sent: true })
  const big = failure(caller.upload('total', undefined, Array<string>(200).fill('a'.repeat(100_000))))
  expect(await big).toMatchObject({ name: 'DisconnectedError' })
  server.thaw()
  await caller.close()
})
