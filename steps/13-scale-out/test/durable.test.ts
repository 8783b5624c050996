import { randomUUID } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Handler } from '@rpc-steps/async-await'
import { idempotent, scopeOf } from '@rpc-steps/resilience'
import { RpcError } from '@rpc-steps/wire'
import type { Json } from '@rpc-steps/wire'
import { durable, InProcessStore, jetStreamStore, work } from '../src/index.ts'
import type { JetStreamOptions, Store, WorkOptions } from '../src/index.ts'
import { isInstalled } from '../tried/nats-server.ts'
import { connection, failure, natsServer, needsNats, service, until } from './support.ts'

/** A store that several may use. */
interface Shelf {
  open(): Promise<Store>
  /** What came to nothing. */
  buried(): Promise<{ reason: string }[]>
}

const jetStream = async (options: JetStreamOptions = {}): Promise<Shelf & { server: Awaited<ReturnType<typeof natsServer>> }> => {
  const server = await natsServer({ jetstream: true })
  return {
    server,
    open: async () => jetStreamStore(await connection(server), options),
    async buried() {
      const { connection: nats } = await connection(server)
      const { jetstream } = await import('@nats-io/jetstream')
      const all: { reason: string }[] = []
      const consumer = await jetstream(nats).consumers.get('rpc-steps-buried')
      for (let message; (message = await consumer.next({ expires: 1_000 })); ) all.push(message.json())
      return all
    },
  }
}

const shelves: Record<string, () => Promise<Shelf>> = {
  'in process': async () => {
    const store = new InProcessStore()
    return { open: async () => store, buried: async () => store.buried }
  },
  'JetStream': jetStream,
}

async function working(store: Store, handler: Handler = service(), options: WorkOptions = {}): Promise<void> {
  const worker = await work(store, handler, { log: () => {}, ...options })
  onTestFinished(() => worker.leave(100))
}

const keyed = (idempotencyKey: string) => ({ extras: () => ({ meta: { idempotencyKey } }) })

needsNats()

for (const [kind, start] of Object.entries(shelves)) {
  describe.skipIf(kind === 'JetStream' && !isInstalled)(`calls that are stored, ${kind}`, () => {
    it('are stored before anybody is there to work, and answered when somebody is', async () => {
      const shelf = await start()
      let kept = 0
      const call = durable(await shelf.open(), { kept: () => kept++ })
      const answers = [call('say', { text: 'é' }), failure(call('foobar')), failure(call('add', ['a']))]
      await until(() => kept === 3)
      await working(await shelf.open())
      expect(await answers[0]).toBe('You said: é')
      expect(await answers[1]).toMatchObject({ code: -32601, from: 'peer' })
      expect(await answers[2]).toMatchObject({ code: -32602, from: 'peer' })
      expect(await shelf.buried()).toEqual([])
    })

    it('run once for a key, however often and by whomever they are made', async () => {
      const shelf = await start()
      let ran = 0
      const handler = service({ next: () => ++ran })
      await working(await shelf.open(), handler)
      await working(await shelf.open(), handler)
      const [one, other] = [durable(await shelf.open()), durable(await shelf.open())]
      const key = randomUUID()
      const answers = await Promise.all([one, other, one, other].map((call) => call('next', undefined, keyed(key))))
      expect(answers).toEqual([1, 1, 1, 1])
      expect(await other('next', undefined, keyed(key))).toBe(1)
      expect(await other('next', undefined, keyed(randomUUID()))).toBe(2)
      expect(await failure(one('next', [1], keyed(key)))).toMatchObject({ code: -32602 })
      expect(await failure(one('other', undefined, keyed(key)))).toMatchObject({ code: -32602 })
    })

    it('go on when their caller has gone', async () => {
      const shelf = await start()
      const key = randomUUID()
      const end = new AbortController()
      const given = failure(durable(await shelf.open(), { kept: () => end.abort(new Error('enough')) })('add', { a: 1, b: 2 }, { ...keyed(key), signal: end.signal }))
      expect(await given).toMatchObject({ message: 'enough' })
      await working(await shelf.open())
      expect(await durable(await shelf.open())('add', { a: 1, b: 2 }, keyed(key))).toBe(3)
    })

    it('are tried again when they fail, and buried with the reason after the last try', async () => {
      const shelf = await start()
      const tries: Record<string, number> = {}
      const count = (name: string) => (tries[name] = (tries[name] ?? 0) + 1)
      await working(await shelf.open(), service({
        recovers: () => {
          if (count('recovers') < 3) throw new Error('not yet')
          return 'at last'
        },
        never: () => {
          count('never')
          throw new Error('secret')
        },
        full: () => {
          if (count('full') < 4) throw new RpcError(-32029, 'Too many requests', { status: 'RESOURCE_EXHAUSTED' })
          return 'room'
        },
      }), { tries: 3 })
      const call = durable(await shelf.open())
      const never = failure(call('never'))
      expect(await call('recovers')).toBe('at last')
      expect(await call('full')).toBe('room')
      const error = await never
      expect(error).toMatchObject({ code: -32603, message: 'Internal error' })
      expect(JSON.stringify(error.data)).not.toContain('secret')
      expect(tries).toEqual({ recovers: 3, never: 3, full: 4 })
      expect((await shelf.buried()).map(({ reason }) => reason)).toEqual(['secret'])
    })

    it('are tried again also where answers are kept, as a server keeps them', async () => {
      const shelf = await start()
      let runs = 0
      const handler = service({ recovers: ({ meta }) => {
        if (++runs < 3) throw new Error('not yet')
        return meta!.idempotencyKey!
      } })
      await working(await shelf.open(), idempotent(handler, { scope: scopeOf }))
      const key = randomUUID()
      expect(await durable(await shelf.open())('recovers', undefined, keyed(key))).toBe(key)
      expect(runs).toBe(3)
    })

    it('are a thousand, of several callers, over several workers, each once', async () => {
      const shelf = await start()
      const ran = new Map<Json, number>()
      const handler = service({ once: ({ params }) => void ran.set((params as [number])[0], (ran.get((params as [number])[0]) ?? 0) + 1) })
      for (let i = 0; i < 3; i++) await working(await shelf.open(), handler)
      const calls = [durable(await shelf.open()), durable(await shelf.open())]
      await Promise.all(Array.from({ length: 1_000 }, (_, i) => calls[i % 2]!('once', [i])))
      expect(ran.size).toBe(1_000)
      expect([...ran.values()].every((times) => times === 1)).toBe(true)
    })

    it('are no streams', async () => {
      const shelf = await start()
      const call = durable(await shelf.open())
      expect(await failure(call('count', { to: 1 }, { extras: () => ({ meta: { credit: 1 } }) }))).toMatchObject({ code: -32600 })
    })
  })
}

describe.skipIf(!isInstalled)('calls that are stored by JetStream', () => {
  it('are given to another when their worker dies, and buried when they kill each', async () => {
    const shelf = await jetStream({ silenceMs: 200 })
    const never = service({ quiet: () => new Promise<never>(() => {}), deadly: () => new Promise<never>(() => {}) })
    // It dies with what it has in hand: nothing is heard of it any more.
    const dying = await connection(shelf.server)
    let begun = 0
    await work(await jetStreamStore(dying, { silenceMs: 200 }), (request, context) => (begun++, never(request, context)), { beatMs: 50 })
    const call = durable(await shelf.open())
    const answer = call('quiet')
    await until(() => begun === 1)
    await dying.close()
    await working(await shelf.open(), service({ quiet: () => 'done' }))
    expect(await answer).toBe('done')
    // With no sign of life each try ends like that.
    const silent = await jetStream({ silenceMs: 100 })
    await working(await silent.open(), never, { beatMs: 60_000, tries: 2 })
    expect(await failure(durable(await silent.open())('deadly'))).toMatchObject({ code: -32603, data: 'given out 2 times, and never answered' })
    expect((await silent.buried()).map(({ reason }) => reason)).toEqual(['given out 2 times, and never answered'])
  })

  it('are not given out twice while their worker says that it is at it', async () => {
    const shelf = await jetStream({ silenceMs: 200 })
    let begun = 0
    const handler = service({ slow: (_, context) => (begun++, context.sleep(1_000).then(() => 'slow')) })
    await working(await shelf.open(), handler, { beatMs: 50 })
    await working(await shelf.open(), handler, { beatMs: 50 })
    expect(await durable(await shelf.open())('slow')).toBe('slow')
    expect(begun).toBe(1)
  })

  it('survive the broker', async () => {
    const shelf = await jetStream({ silenceMs: 500 })
    let kept = 0
    const call = durable(await shelf.open(), { kept: () => kept++ })
    const key = randomUUID()
    const answers = Array.from({ length: 50 }, (_, i) => call('add', { a: i, b: 0 }, i === 0 ? keyed(key) : {}))
    await until(() => kept === 50)
    await shelf.server.kill()
    const late = call('add', { a: 50, b: 0 })
    await shelf.server.start()
    await working(await shelf.open())
    expect(await Promise.all([...answers, late])).toEqual(Array.from({ length: 51 }, (_, i) => i))
    await shelf.server.kill()
    await shelf.server.start()
    expect(await durable(await shelf.open())('add', { a: 0, b: 0 }, keyed(key))).toBe(0)
  })

  it('are answered and buried also when that is too much to be stored', async () => {
    const shelf = await jetStream()
    await working(await shelf.open(), service({ much: () => 'a'.repeat(2_000_000), fails: () => { throw new Error('b'.repeat(5_000)) } }), { tries: 1 })
    const call = durable(await shelf.open())
    expect(await failure(call('much'))).toMatchObject({ code: -32603, data: 'the answer is too large to be stored' })
    expect(await failure(call('fails', ['c'.repeat(1_048_000)]))).toMatchObject({ code: -32603 })
    expect(await shelf.buried()).toEqual([{ reason: 'b'.repeat(1_000), tries: 1 }])
    expect(await failure(call('fails', ['c'.repeat(1_048_576)]))).toMatchObject({ code: -32600, from: 'here' })
  })

  it('need a server that keeps something', async () => {
    const server = await natsServer()
    expect(await failure(jetStreamStore(await connection(server)))).toMatchObject({ code: -32014, message: expect.stringContaining('-js') as string })
  })
})
