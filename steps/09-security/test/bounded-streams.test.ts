import fc from 'fast-check'
import { answer, Bag, connect, Context, RpcError } from '@rpc-steps/async-await'
import type { Answer, Handler, Json, Peer } from '@rpc-steps/async-await'
import { startServer } from '@rpc-steps/cli/processes'
import { deadlined, inTime } from '@rpc-steps/deadlines'
import { stream, streamed, streaming, streams } from '@rpc-steps/streaming'
import { queued } from '@rpc-steps/task-queue'
import { describe, expect, onTestFinished, test } from 'vitest'
import { signToken } from '../src/certificates.ts'
import { boundedStreams, visitor } from '../src/index.ts'
import type { Visitor } from '../src/index.ts'
import { known } from '../src/principal.ts'
import { ada, bob, nobody, outcome, rawClient, request, rule, serve, tokenKey, turn } from './support.ts'
import type { Raw, ServeOptions } from './support.ts'

/** A server with sixteen workers, of which one caller may keep eight. */
async function whole(options: ServeOptions = {}) {
  const queue = queued(inTime(streamed(streaming(answer))), { workers: 16 })
  const at = await serve(deadlined(queue), { extensions: [streams], streams: 8, ...options })
  return { at, queue }
}

/** Two ways to keep a worker: to grant no more, and to say no more. */
const stalled = (id: number, meta: object = {}) =>
  id % 2 ? request(id, 'count', { ...meta, credit: 1 }, { to: 1e9 }) : request(id, 'total', { ...meta, stream: true })
const ids = (count: number) => Array.from({ length: count }, (_, i) => i + 1)
const refusals = (...raws: Raw[]) => raws.flatMap(({ heard }) => heard()).filter((line) => line.endsWith(': -32029'))

describe('a caller whose streams stand still', () => {
  test('keeps half of the workers, on four connections, and all others are served at once', async () => {
    const { at, queue } = await whole()
    const raws = await Promise.all(ids(4).map(() => rawClient(at, ada)))
    for (const { say } of raws) say(...ids(4).map((id) => stalled(id)))
    const other = await rawClient(at, bob)
    await expect.poll(() => queue.places.accepted + refusals(...raws).length).toBe(16)
    expect(refusals(...raws)).toHaveLength(8)
    other.say(request(1, 'count', { credit: 9 }, { to: 2 }), request(2, 'say', {}, ['hello']))
    await expect.poll(() => other.heard().sort()).toEqual(['1: null', '2: "You said: hello"', 'stream/down 1: 1 2'])
    expect(queue.places.running).toBe(8)
    expect(at.refused()).toEqual(Array(8).fill('RESOURCE_EXHAUSTED: too many streams'))
    expect(JSON.parse(at.lines[0]!)).toMatchObject({ who: 'ada', method: expect.stringMatching(/^(count|total)$/) })
  })

  test('is answered itself what is no stream', async () => {
    const { at } = await whole()
    const raw = await rawClient(at, ada)
    raw.say(...ids(9).map((id) => stalled(id)), request(10, 'say', {}, ['hello']))
    await expect.poll(() => raw.heard()).toContain('10: "You said: hello"')
    expect(refusals(raw)).toEqual(['9: -32029'])
  })

  test('has its places back when they end: cancelled, read to the end, too late, broken, or with their connection', async () => {
    const { at, queue } = await whole({ streams: 1 })
    const next = async (what: string, end: (raw: Raw) => unknown) => {
      const raw = await rawClient(at, ada)
      raw.say(request(1, 'count', { credit: 1, ...(what === 'too late' && { timeoutMs: 1 }) }, { to: 3 }))
      await expect.poll(() => raw.messages.length, { message: what }).toBeGreaterThan(0)
      expect(refusals(raw), what).toEqual([])
      await end(raw)
      await expect.poll(() => queue.places.running, { message: what }).toBe(0)
      raw.socket.destroy()
    }
    await next('cancelled', ({ say }) => say({ method: '$/cancelRequest', params: { id: 1 } }))
    await next('read to the end', ({ say }) => say({ method: '$/credit/down', params: { id: 1, credit: 2 } }))
    await next('too late', () => {})
    await next('broken', ({ say }) => say({ method: '$/credit/down', params: { id: 1, credit: -1 } }))
    await next('gone', ({ socket }) => socket.destroy())
    await next('at last', () => at.close())
    expect(at.refused()).toEqual([])
  })

  test('has them back from the queue, where nobody had begun', async () => {
    const queue = queued(inTime(streamed(streaming(answer))), { workers: 1 })
    const at = await serve(deadlined(queue), { extensions: [streams], streams: 2 })
    const [one, two] = [await rawClient(at, ada), await rawClient(at, ada)]
    one.say(stalled(1))
    await expect.poll(() => queue.places.running).toBe(1)
    two.say(stalled(1))
    await expect.poll(() => queue.places.queued).toBe(1)
    two.say(stalled(2), { method: '$/cancelRequest', params: { id: 1 } })
    await expect.poll(two.heard).toEqual(['2: -32029', '1: -32800'])
    two.say(stalled(3))
    await expect.poll(() => queue.places.queued).toBe(1)
  })
})

describe('a caller', () => {
  test('is who the token says, on whatever connection; two on one connection are two', async () => {
    const { at, queue } = await whole({ streams: 2 })
    const [token, another] = await Promise.all(['ada', 'bob'].map((name) => signToken(tokenKey, name, 60_000)))
    const [certified, anonymous] = [await rawClient(at, ada), await rawClient(at, nobody)]
    certified.say(stalled(1))
    await expect.poll(() => queue.places.running).toBe(1)
    anonymous.say(...[1, 2].map((id) => stalled(id, { token })), ...[3, 4, 5].map((id) => stalled(id, { token: another })))
    // Which of them is first is a matter of whose token is looked at first.
    await expect.poll(() => refusals(anonymous).sort()).toEqual([expect.stringMatching(/^[12]:/), expect.stringMatching(/^[345]:/)])
    await expect.poll(() => queue.places.running).toBe(4)
  })

  test('of whom nobody knows is their address, and takes nothing from who is known there', async () => {
    const { at, queue } = await whole({ streams: 1, policy: [rule('anybody', '*')], open: () => true })
    const [one, two, three] = [await rawClient(at, nobody), await rawClient(at, nobody), await rawClient(at, ada)]
    one.say(stalled(1))
    await expect.poll(() => queue.places.running).toBe(1)
    two.say(stalled(1))
    await expect.poll(() => refusals(two)).toHaveLength(1)
    three.say(stalled(1))
    await expect.poll(() => queue.places.running).toBe(2)
  })

  test('who may not is told that, and has no place', async () => {
    const { at } = await whole({ streams: 1, policy: [rule('ada', 'count')] })
    const raw = await rawClient(at, ada)
    raw.say(request(1, 'total', { stream: true }), request(2, 'count', { credit: 9 }, { to: 1 }))
    await expect.poll(raw.heard).toEqual(['1: -32003', 'stream/down 2: 1', '2: null'])
  })
})

test.each([
  [['--workers', '5'], 2],
  [['--workers', '1'], 1],
  [['--workers', '5', '--streams', '4'], 4],
])('a server with %j has %d streams for one caller', async (args, most) => {
  const running = await startServer(new URL('../server.ts', import.meta.url), args)
  onTestFinished(() => void running.stop('SIGKILL'))
  const peer = await connect(running, { extensions: [streams], grace: 500 })
  onTestFinished(() => peer.destroy())
  const begun = ids(6).map(() => stream(peer.call, 'count', { to: 1e9 }, { credit: 1 })[Symbol.asyncIterator]())
  const first: Json[] = []
  for (const [i, one] of begun.entries()) void outcome(one.next().then(({ value }) => value!)).then((end) => (first[i] = end as Json))
  await expect.poll(() => first).toEqual(ids(6).map((n) => (n <= most ? 1 : -32029)))
})

describe('boundedStreams', () => {
  /** What somebody asks for. */
  const asked = fc.record({
    who: fc.nat({ max: 3 }),
    how: fc.constantFrom('down' as const, 'up' as const, 'plain' as const, 'notification' as const),
    what: fc.constantFrom('wait' as const, 'at once' as const, 'throw' as const),
  })
  const ended = fc.record({ which: fc.nat({ max: 19 }), end: fc.constantFrom('resolve' as const, 'reject' as const) })

  test('counts right, whoever comes and goes, and gives each place back once', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(fc.oneof(asked, ended), { maxLength: 60 }), async (streams, steps) => {
      const waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = []
      const handler: Handler = ({ method }) => {
        if (method === 'throw') throw new RpcError(-1, 'thrown')
        return method === 'wait' ? new Promise((resolve, reject) => waiting.push({ resolve, reject })) : 'done'
      }
      const limited = boundedStreams(handler, { streams })
      const inFlight: { who: number; isStream: boolean; end: (typeof waiting)[number] }[] = []
      for (const one of steps) {
        if ('which' in one) {
          const [over] = inFlight.splice(one.which % Math.max(1, inFlight.length), 1)
          over?.end[one.end](new RpcError(-2, 'x') as never)
          await turn()
          continue
        }
        const { who, how, what } = one
        const meta = { ...(how === 'up' && { stream: true }), ...((how === 'down' || how === 'notification') && { credit: 1 }) }
        const isStream = how === 'down' || how === 'up'
        const full = inFlight.filter((other) => other.isStream && other.who === who).length >= streams
        const ask = () => limited({ jsonrpc: '2.0', ...(how !== 'notification' && { id: 1 }), method: what, meta }, contextOf(who))
        if (isStream && full) expect(ask).toThrow('Too many streams')
        else if (what === 'throw') expect(ask).toThrow('thrown')
        else if (what === 'at once') expect(ask()).toBe('done')
        else {
          Promise.resolve(ask()).catch(() => {})
          inFlight.push({ who, isStream, end: waiting.at(-1)! })
        }
      }
    }), { numRuns: 100 })
  })

  test('limits that are none are told', () => {
    expect(() => boundedStreams(() => null, { streams: 0 })).toThrow('streams must be 1 or more, not 0')
    expect(() => boundedStreams(() => null, { streams: NaN })).toThrow(RangeError)
  })

  /** Two who are known, and two addresses; one of the names is such an address. */
  function contextOf(who: number): Context {
    const context = new Context({ peer: new Bag() as Peer })
    const address = who % 2 ? '192.0.2.1' : '192.0.2.2'
    context.set(visitor, { from: `${address}:1`, address, isKnown: () => true } satisfies Visitor)
    if (who < 2) context.set(known, { name: address, by: 'token', until: Infinity })
    return context
  }
})
