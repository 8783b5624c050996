import * as net from 'node:net'
import { answer } from '@rpc-steps/async-await'
import type { Answer, Json } from '@rpc-steps/async-await'
import { deadlined, inTime } from '@rpc-steps/deadlines'
import { streamed, streaming, streams } from '@rpc-steps/streaming'
import { FakeClock } from '@rpc-steps/session/testing'
import { queued } from '@rpc-steps/task-queue'
import { SignJWT, importPKCS8 } from 'jose'
import { describe, expect, test } from 'vitest'
import { signToken } from '../src/certificates.ts'
import { audit, authenticated } from '../src/index.ts'
import { ada, bob, nobody, rawClient, request, rule, serve, tokenKey } from './support.ts'
import type { Served, ServeOptions } from './support.ts'

const minute = 60_000
const [adas, bobs] = await Promise.all(['ada', 'bob'].map((name) => signToken(tokenKey, name, minute)))
const elsewhere = await new SignJWT({ sub: 'ada', aud: 'elsewhere' }).setProtectedHeader({ alg: 'ES256' }).sign(await importPKCS8(tokenKey, 'ES256'))
const over = await signToken(tokenKey, 'ada', -minute)

/** The whole of a server: what `server.ts` puts together. */
async function whole(options: ServeOptions = {}) {
  const run: string[] = []
  const queue = queued(inTime(streamed(streaming((request, context) => {
    run.push(request.method)
    return answer(request, context)
  }))), { workers: 1, capacity: 1 })
  const at = await serve(deadlined(queue), { extensions: [streams], ...options })
  return { at, run, queue }
}

/** What somebody asks for, and what they show. */
type Refused = [what: string, message: object, credentials: typeof ada]

/** What each of them is told, on a connection of its own. */
function heardOf(at: Served, refusals: readonly Refused[]): Promise<(string | undefined)[]> {
  return Promise.all(refusals.map(async ([, message, credentials]) => {
    const raw = await rawClient(at, credentials)
    raw.say(message)
    await expect.poll(() => raw.texts.length).toBe(1)
    return raw.texts[0]
  }))
}

describe('every refusal of a class is the same bytes, whatever was wrong', () => {
  const open = { policy: [rule('anybody', 'whoami', 'feed'), rule('ada', 'add', 'whoami')], open: () => true }

  test('UNAUTHENTICATED', async () => {
    const { at, run, queue } = await whole(open)
    const refusals: Refused[] = [
      ['no credentials', request(7, 'add', {}, [1, 2]), nobody],
      ['and a method that is not there', request(7, 'no such method'), nobody],
      ['and parameters that are none', request(7, 'add', {}, ['x']), nobody],
      ['who am I', request(7, 'whoami'), nobody],
      ['a token that is none', request(7, 'add', { token: 'x' }, [1, 2]), nobody],
      ['a token that is over', request(7, 'add', { token: over }, [1, 2]), nobody],
      ['a token for others', request(7, 'add', { token: elsewhere }, [1, 2]), nobody],
      ['a token that is too long', request(7, 'add', { token: 'x'.repeat(9999) }, [1, 2]), nobody],
      ['a wrong token, where the method is open', request(7, 'feed', { token: 'x' }), nobody],
      ['a wrong token beside a right certificate', request(7, 'add', { token: 'x' }, [1, 2]), ada],
      ['a stream up', request(7, 'total', { stream: true }), nobody],
      ['a stream down', request(7, 'count', { credit: 9 }, { to: 9 }), nobody],
    ]
    expect(new Set(await heardOf(at, refusals))).toEqual(new Set([
      '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Unauthenticated","data":{"status":"UNAUTHENTICATED"}},"id":7}',
    ]))
    expect(run).toEqual([])
    expect(queue.places.accepted).toBe(0)
    expect(at.refused()).toHaveLength(refusals.length)
    expect(new Set(at.refused()).size).toBeGreaterThan(4) // the audit knows more
  })

  test('PERMISSION_DENIED', async () => {
    const { at, run, queue } = await whole(open)
    const refusals: Refused[] = [
      ['by certificate', request(7, 'add', {}, [1, 2]), bob],
      ['by token', request(7, 'add', { token: bobs }, [1, 2]), nobody],
      ['a method that is not there', request(7, 'no such method'), bob],
      ['parameters that are none', request(7, 'add', {}, { x: 1 }), bob],
      ['a deadline that is over', request(7, 'add', { timeoutMs: 0 }, [1, 2]), bob],
      ['a priority that is none', request(7, 'add', { priority: 99 }, [1, 2]), bob],
      ['a stream up', request(7, 'total', { stream: true }), bob],
      ['a stream down, with too much credit', request(7, 'count', { credit: 1e9 }, { to: 9 }), bob],
    ]
    expect(new Set(await heardOf(at, refusals))).toEqual(new Set([
      '{"jsonrpc":"2.0","error":{"code":-32003,"message":"Permission denied","data":{"status":"PERMISSION_DENIED"}},"id":7}',
    ]))
    expect(run).toEqual([])
    expect(queue.places.accepted).toBe(0)
    expect(at.refused()).toEqual(refusals.map(() => 'PERMISSION_DENIED: no rule allows it'))
  })

  test('RESOURCE_EXHAUSTED: too much in flight is told before anybody asks who it is', async () => {
    const verified: string[] = []
    const at = await serve(() => new Promise<Answer>(() => {}), { requests: 1, ...open })
    const own = at.guard.verify
    at.guard = { ...at.guard, verify: (token) => {
      verified.push(token)
      return own(token)
    } }
    const heard = await Promise.all([ada, nobody].map(async (credentials) => {
      const raw = await rawClient(at, credentials)
      raw.say(request(1, 'add', { token: adas }), request(7, 'add'), request(7, 'no such method', { token: 'x' }))
      await expect.poll(() => raw.texts.length).toBe(2)
      return raw.texts
    }))
    expect(new Set(heard.flat())).toEqual(new Set([
      '{"jsonrpc":"2.0","error":{"code":-32029,"message":"Too many requests","data":{"status":"RESOURCE_EXHAUSTED"}},"id":7}',
    ]))
    expect(verified).toEqual([adas, adas])
  })
})

describe('while a token is looked at', () => {
  /** A server that looks as long as the test has it. */
  async function looking() {
    const { at, run, queue } = await whole({ policy: [rule('ada', '*')] })
    const pending: ((name: string) => void)[] = []
    at.guard = { ...at.guard, verify: () => new Promise((resolve) => {
      pending.push((name) => resolve({ name, by: 'token', until: Infinity }))
    }) }
    const plain = net.connect({ host: '127.0.0.1', port: at.port })
    return { at, run, queue, pending, plain, raw: await rawClient(at, nobody, { socket: plain }) }
  }

  test('a cancel ends the request: it is not run', async () => {
    const { raw, pending, run } = await looking()
    raw.say(request(1, 'add', { token: 'x' }, [1, 2]), { method: '$/cancelRequest', params: { id: 1 } })
    await expect.poll(() => pending.length).toBe(1)
    pending[0]!('ada')
    await expect.poll(raw.heard).toEqual(['1: -32800'])
    expect(run).toEqual([])
  })

  test('other requests go on, and no place of the queue is taken', async () => {
    const { raw, pending, run, queue } = await looking()
    raw.say(...[1, 2, 3].map((id) => request(id, 'add', { token: 'x' }, [id, 0])))
    await expect.poll(() => pending.length).toBe(3)
    expect(queue.places).toEqual({ accepted: 0, queued: 0, running: 0, answered: 0 })
    pending[2]!('ada')
    await expect.poll(raw.heard).toEqual(['3: 3'])
    pending[0]!('bob')
    await expect.poll(raw.heard).toEqual(['3: 3', '1: -32003'])
    expect(run).toEqual(['add'])
  })

  test('a connection that goes leaves nothing: the request is not run', async () => {
    const { at, raw, plain, pending, run } = await looking()
    raw.say(request(1, 'add', { token: 'x' }, [1, 2]))
    await expect.poll(() => pending.length).toBe(1)
    plain.resetAndDestroy()
    await expect.poll(() => at.peers.size).toBe(0)
    pending[0]!('ada')
    await expect.poll(() => at.admission.counts).toEqual({ known: 0, strangers: 0 })
    expect(run).toEqual([])
  })

  test('a notification is run, also when who has sent it has gone', async () => {
    const { at, raw, plain, pending, run } = await looking()
    raw.say({ method: 'add', params: [1, 2], meta: { token: 'x' } })
    await expect.poll(() => pending.length).toBe(1)
    plain.resetAndDestroy()
    await expect.poll(() => at.peers.size).toBe(0)
    pending[0]!('ada')
    await expect.poll(() => run).toEqual(['add'])
  })

  test('a stream that comes with it waits, and is dropped when it may not come', async () => {
    const { at, raw, pending } = await looking()
    raw.say(request(1, 'total', { token: 'x', stream: true }))
    await expect.poll(() => pending.length).toBe(1)
    expect(raw.heard()).toEqual([]) // nothing is granted before it is known who asks
    pending[0]!('bob')
    await expect.poll(raw.heard).toEqual(['1: -32003'])
    raw.say({ method: '$/stream/up', params: { id: 1, items: [1, 2] } }, { method: '$/stream/up', params: { id: 1, end: true } }, request(2, 'x', { token: 'x' }))
    await expect.poll(() => pending.length).toBe(2)
    expect(raw.heard()).toEqual(['1: -32003'])
    expect([...at.peers].map((peer) => streams(peer).requests.size)).toEqual([0])
  })
})

describe('requests of several on one connection', () => {
  test('in a batch, each is judged by its own token', async () => {
    const { at } = await whole({ policy: [rule('ada', 'add'), rule('*', 'whoami')] })
    const raw = await rawClient(at, nobody)
    raw.say([
      request(1, 'whoami', { token: adas }), request(2, 'whoami', { token: bobs }), request(3, 'whoami'),
      request(4, 'add', { token: bobs }, [1, 2]), request(5, 'add', { token: adas }, [1, 2]), request(6, 'add', { token: 'x' }, [1, 2]),
    ])
    await expect.poll(() => raw.heard().sort()).toEqual([
      '1: {"name":"ada","by":"token"}', '2: {"name":"bob","by":"token"}', '3: -32001', '4: -32003', '5: 3', '6: -32001',
    ])
  })

  test('a notification that may not be is not run, and said nothing of but in the audit', async () => {
    const { at, run } = await whole({ policy: [rule('ada', 'say')] })
    const raw = await rawClient(at, bob)
    raw.say({ method: 'say', params: { text: 'a' } }, request(1, 'x'))
    await expect.poll(raw.heard).toEqual(['1: -32003'])
    expect(run).toEqual([])
    expect(at.refused()).toHaveLength(2)
  })

  test('items of a stream that may not be are dropped, before and after its refusal', async () => {
    const { at, run } = await whole({ policy: [rule('ada', '*')] })
    const raw = await rawClient(at, bob)
    const items = Array.from({ length: 100 }, (_, i) => i)
    raw.say(
      request(1, 'total', { stream: true }), { method: '$/stream/up', params: { id: 1, items } },
      request(2, 'count', { credit: 5 }, { to: 5 }), { method: '$/credit/down', params: { id: 2, credit: 5 } },
      { method: '$/stream/up', params: { id: 1, end: true } },
    )
    await expect.poll(raw.heard).toEqual(['1: -32003', '2: -32003'])
    expect([...at.peers].map((peer) => [streams(peer).requests.size, streams(peer).calls.size, peer.stats.requests])).toEqual([[0, 0, 0]])
    expect(run).toEqual([])
  })

  test('a deadline that is over is told to who may call, and to nobody else', async () => {
    const { at, run } = await whole({ policy: [rule('ada', '*')] })
    const [one, two] = [await rawClient(at, ada), await rawClient(at, bob)]
    for (const { say } of [one, two]) say(request(1, 'add', { timeoutMs: 0 }, [1, 2]))
    await expect.poll(one.heard).toEqual(['1: -32008'])
    await expect.poll(two.heard).toEqual(['1: -32003'])
    expect(run).toEqual([])
  })
})

describe('the audit', () => {
  const refusal = (method: string, params?: Json) => ({ why: 'a test', from: '127.0.0.1:1', request: { jsonrpc: '2.0' as const, id: 1, method, params: params as [] } })

  test('has a line of JSON for each, and what was asked is not in it', () => {
    const lines: string[] = []
    audit((line) => lines.push(line)).refused('PERMISSION_DENIED', refusal('say', { text: 'a secret' }))
    expect(JSON.parse(lines[0]!)).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/), refused: 'PERMISSION_DENIED', why: 'a test', from: '127.0.0.1:1', method: 'say',
    })
  })

  test.each([
    ['line ends', 'say\r\n{"refused":"no"}'], ['what ends a line elsewhere', 'a\u2028b\u2029c\u0085d'],
    ['what moves the cursor', '\u001b[2J\u009b2J\u007f'], ['what turns the text around', '\u202egnp.exe'],
    ['half a character', `${'x'.repeat(63)}😀`], ['much', 'x'.repeat(100_000)],
  ])('a method with %s stays one short line of plain characters', async (_, method) => {
    const at = await serve(() => 'done', { policy: [] })
    const raw = await rawClient(at, ada)
    raw.say(request(1, method))
    await expect.poll(raw.heard).toEqual(['1: -32003'])
    expect(at.lines).toHaveLength(1)
    expect(at.lines[0]).toMatch(/^[ -~]{1,600}$/)
    expect((JSON.parse(at.lines[0]!) as { method: string }).method).toBe(method.slice(0, 64))
  })

  test('writes a hundred lines a second, and how many it has left out', () => {
    const clock = new FakeClock()
    const lines: string[] = []
    const { refused } = audit((line) => lines.push(line), clock)
    for (let i = 0; i < 1000; i++) refused('UNAUTHENTICATED', refusal('x'))
    expect(lines).toHaveLength(100)
    clock.pass(1000)
    refused('UNAUTHENTICATED', refusal('x'))
    expect(lines).toHaveLength(102)
    expect(JSON.parse(lines[100]!)).toMatchObject({ leftOut: 900 })
    clock.pass(1000)
    refused('UNAUTHENTICATED', refusal('x'))
    expect(lines).toHaveLength(103)
  })

  test('says who it was, once that is known', async () => {
    const at = await serve(authenticated(() => 'done'), { policy: [] })
    const raw = await rawClient(at, nobody)
    raw.say(request(1, 'x', { token: bobs }))
    await expect.poll(raw.heard).toEqual(['1: -32003'])
    expect(JSON.parse(at.lines[0]!)).toMatchObject({ who: 'bob', method: 'x', from: expect.stringMatching(/^127\.0\.0\.1:\d+$/) })
  })
})

test('a cancel that comes after a refusal is nothing to the next request with that id', async () => {
  const { at } = await whole({ policy: [rule('ada', 'add')] })
  const raw = await rawClient(at, ada)
  raw.say(request(1, 'say', {}, ['no']))
  await expect.poll(raw.heard).toEqual(['1: -32003'])
  raw.say({ method: '$/cancelRequest', params: { id: 1 } }, request(1, 'add', {}, [1, 2]))
  await expect.poll(raw.heard).toEqual(['1: -32003', '1: 3'])
})
