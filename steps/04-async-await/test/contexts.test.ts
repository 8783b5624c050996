import { once } from 'node:events'
import { createFramer, requestText } from '@rpc-steps/wire'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Context, Key, methods, Peer, RpcError } from '../src/index.ts'
import type { Handler, PeerOptions, RequestContext } from '../src/index.ts'
import { duplexPair } from './duplex-pair.ts'

const request = (id: number, method = 'x') => createFramer('content-length').frame(requestText(id, method))

/** A peer, the other end of its stream, and the contexts that its handler was given. */
function peerWith(handler: (context: RequestContext) => ReturnType<Handler>, options: PeerOptions = {}) {
  const [near, far] = duplexPair()
  const contexts: RequestContext[] = []
  const handle: Handler = (_, context) => {
    contexts.push(context)
    return handler(context)
  }
  const peer = new Peer(near, { handler: handle, ...options })
  onTestFinished(() => void near.destroy())
  return { near, far, peer, contexts }
}

const never = () => new Promise<never>(() => {})

/** The contexts, when as many requests have come. */
const handled = (contexts: RequestContext[], count: number) => expect.poll(() => contexts).toHaveLength(count)

describe('when the connection has ended', () => {
  async function ended() {
    const { near, far, peer, contexts } = peerWith(never)
    far.write(request(1))
    await handled(contexts, 1)
    near.destroy(new Error('the cable'))
    await peer.closed
    return contexts[0]!
  }

  test('a signal that is asked for after the disconnect is aborted', async () => {
    const { signal } = await ended()
    expect(signal.aborted).toBe(true)
    expect(signal.reason).toMatchObject({ name: 'DisconnectedError', cause: { message: 'the cable' } })
  })

  test('a sleep that begins after it ends at once', async () => {
    await expect((await ended()).sleep(1e9)).rejects.toThrow('the caller has gone')
  })

  test('a sleep from before it ends, and its timer is taken back', async () => {
    let timers = 0
    const clock = { now: () => 0, after: () => (timers++, () => void timers--) }
    const { near, far, contexts } = peerWith((context) => context.sleep(1e9), { clock })
    far.write(request(1))
    await handled(contexts, 1)
    const before = timers
    const sleep = contexts[0]!.sleep(1e9)
    expect(timers).toBe(before + 1)
    near.destroy()
    await expect(sleep).rejects.toThrow('the caller has gone')
    expect(timers).toBe(0)
  })
})

describe('abort', () => {
  test('ends one request, with its reason for an answer, and no other', async () => {
    const lines: string[] = []
    const { far, contexts, peer } = peerWith(never, { log: (line) => lines.push(line) })
    far.write(request(1) + request(2))
    await handled(contexts, 2)
    const signals = contexts.map(({ signal }) => signal)
    const reason = new RpcError(-32800, 'Cancelled')
    contexts[0]!.abort(reason)
    contexts[0]!.abort(new Error('again'))
    const [answer] = (await once(far, 'data')) as [Buffer]
    expect(String(answer)).toMatch(/"code":-32800,.*"id":1/)
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
    expect(signals[0]!.reason).toBe(reason)
    expect(peer.stats.requests).toBe(1)
    expect(lines, 'the second abort is none').toEqual([])
  })

  test.each<[string, (context: RequestContext) => ReturnType<Handler>]>([
    ['waits then', (context) => context.sleep(1e9)],
    ['waits for something else', never],
    ['has an answer', () => 'an answer'],
    ['throws', () => { throw new Error('a mistake') }],
  ])('by a handler that has not returned yet is its answer, though it %s', async (_, goOn) => {
    const lines: string[] = []
    const reason = new RpcError(-32800, 'Cancelled')
    const { far, peer } = peerWith((context) => (context.abort(reason), goOn(context)), { log: (line) => lines.push(line) })
    far.write(request(1))
    const [answer] = (await once(far, 'data')) as [Buffer]
    expect(String(answer)).toMatch(/"code":-32800,.*"id":1/)
    expect([peer.stats.requests, lines]).toEqual([0, []])
  })

  test('wakes all that sleeps in it, with the reason', async () => {
    const context = new Context()
    const sleeps = Promise.allSettled([context.sleep(1e9), context.sleep(1e9)])
    const reason = new Error('enough')
    context.abort(reason)
    expect(await sleeps).toEqual(Array(2).fill({ status: 'rejected', reason }))
  })

  test('does not take back the timer of a sleep that is over', async () => {
    let ring = () => {}
    let taken = 0
    const clock = { now: () => 0, after: (_: number, job: () => void) => ((ring = job), () => void taken++) }
    const context = new Context({ clock })
    const slept = context.sleep(5)
    ring()
    await slept
    context.abort(new Error('late'))
    expect(taken).toBe(0)
  })

  test('what is answered already is not answered again', async () => {
    const lines: string[] = []
    const { far, contexts, peer } = peerWith(() => Promise.resolve('done'), { log: (line) => lines.push(line) })
    let text = ''
    far.on('data', (chunk: Buffer) => (text += String(chunk)))
    far.write(request(1))
    await expect.poll(() => text).toContain('done')
    contexts[0]!.abort(new Error('late'))
    far.write(request(2))
    await expect.poll(() => text).toContain('"id":2')
    expect(text).not.toContain('error')
    expect(lines, 'and is no incident').toEqual([])
    expect(peer.stats).toMatchObject({ requests: 0, handling: 0 })
  })
})

describe('what handlers give back', () => {
  test.each<[string, (context: RequestContext) => never]>([
    ['an error', () => { throw new Error('a bug') }],
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- that is the case
    ['nothing', () => { throw undefined }],
  ])('if they throw %s: an incident', async (_, handler) => {
    const lines: string[] = []
    const { far, peer } = peerWith(handler, { log: (line) => lines.push(line) })
    far.write(request(1))
    const [answer] = (await once(far, 'data')) as [Buffer]
    expect(String(answer)).toContain('-32603')
    expect(lines).toHaveLength(1)
    expect(peer.stats).toMatchObject({ requests: 0, handling: 0 })
  })

  /** A promise of somebody else's: it calls back in its own way. */
  const thenable = (then: (resolve: (value: unknown) => void) => void) => ({ then }) as unknown as Promise<string>

  test.each([
    ['at once', (resolve: (value: unknown) => void) => resolve('kept')],
    ['twice', (resolve: (value: unknown) => void) => (resolve('kept'), resolve('again'))],
    ['later', (resolve: (value: unknown) => void) => setImmediate(resolve, 'kept')],
  ])('a promise of another kind that is kept %s is awaited, and answered once', async (_, then) => {
    const { far, peer } = peerWith(() => thenable(then))
    far.write(request(1))
    const [answer] = (await once(far, 'data')) as [Buffer]
    expect(String(answer)).toContain('"result":"kept"')
    expect(peer.stats).toMatchObject({ requests: 0, handling: 0 })
  })
})

test('methods are found by their own names, and by no others', () => {
  const handler = methods({ add: ([a, b]: [number, number]) => a + b, call: (_, context) => context.label })
  const context = new Context({ label: 7 })
  const run = (method: string) => handler({ jsonrpc: '2.0', method, params: [1, 2] }, context)
  expect(run('add')).toBe(3)
  expect(run('call')).toBe(7)
  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'then', '']) {
    expect(() => run(name), name).toThrow('Method not found')
  }
})

test('a value is found in its own bag or in the one around it, and by its own key alone', () => {
  const { near, peer } = peerWith(never)
  const [who, twin] = [new Key<string>('who'), new Key<string>('who')]
  peer.set(who, 'Ada')
  const [one, two] = [new Context({ peer }), new Context({ peer })]
  expect(one.get(who)).toBe('Ada')
  one.set(who, 'Grace')
  expect([one, two, peer].map((bag) => bag.get(who))).toEqual(['Grace', 'Ada', 'Ada'])
  expect(one.get(twin)).toBeUndefined()
  const unset = new Key<undefined | number>('unset')
  peer.set(unset, 1)
  one.set(unset, undefined)
  expect(one.get(unset)).toBeUndefined()
  near.destroy()
})
