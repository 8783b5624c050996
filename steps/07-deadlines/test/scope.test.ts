import { AsyncResource } from 'node:async_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { answer } from '@rpc-steps/async-await'
import type { Call, Handler, Peer, RequestContext, Server } from '@rpc-steps/async-await'
import { FakeClock } from '@rpc-steps/session/testing'
import { describe, expect, test } from 'vitest'
import { cancels, deadlined, detached, inheriting, relaying } from '../src/index.ts'
import { dial, outcome, raw, served, stage, turn } from './support.ts'

/** A server, and one behind it whose handler is a stage; each has a clock of its own. */
async function chain(handler: (call: Call, context: RequestContext) => ReturnType<Handler>, ms = Infinity) {
  const clocks = { front: new FakeClock(1e9), back: new FakeClock(7) }
  const { handler: last, begun } = stage()
  const left: (number | undefined)[] = []
  const back = await served(deadlined((request, context) => (left.push(request.meta?.timeoutMs), last(request, context)), clocks.back))
  const behind = await dial(back)
  const call = deadlined(behind.call, ms, clocks.front)
  const quiet = { log: () => {} } // a test may end while a handler waits
  const front = await served(deadlined((_, context) => handler(call, context), clocks.front), quiet)
  return { clocks, begun, left, behind, front, back, peer: await dial(front) }
}

describe('a call that is made inside a handler', () => {
  test('inherits the deadline, less what was used, though nobody has passed it on', async () => {
    const { clocks, left, front } = await chain(async (call) => {
      await turn()
      clocks.front.skip(120)
      return call('x')
    })
    const { say, request } = await raw(front)
    say(request(1, 'x', { timeoutMs: 300 }))
    await expect.poll(() => left).toEqual([180])
  })

  test.each([
    [100, 100],
    [500, 300],
  ])('and has one of its own, %d ms: the shorter counts', async (own, counts) => {
    const { left, front } = await chain((call) => call('x'), own)
    const { say, request } = await raw(front)
    say(request(1, 'x', { timeoutMs: 300 }))
    await expect.poll(() => left).toEqual([counts])
  })

  test('is over with its handler: at the deadline', async () => {
    const { clocks, begun, front, behind } = await chain((call) => call('x'))
    const { say, heard, request } = await raw(front)
    say(request(1, 'x', { timeoutMs: 300 }))
    await expect.poll(() => begun.length).toBe(1)
    const { signal } = begun[0]!.context
    clocks.front.pass(300)
    await expect.poll(heard).toEqual(['1: -32008'])
    await expect.poll(() => signal.aborted).toBe(true)
    expect(signal.reason).toMatchObject({ code: -32800 })
    await expect.poll(() => behind.stats).toMatchObject({ pending: 0, unanswered: 0 })
    expect([clocks.front.timers, clocks.back.timers]).toEqual([0, 0])
  })

  test.each([['a cancel'], ['a disconnect']])('is over with its handler: by %s', async (how) => {
    const { begun, front, behind } = await chain((call) => call('x'), 1e9)
    const { socket, say, request, cancel } = await raw(front)
    say(request(1))
    await expect.poll(() => begun.length).toBe(1)
    const { signal } = begun[0]!.context
    if (how === 'a cancel') say(cancel(1))
    else socket.resetAndDestroy()
    await expect.poll(() => signal.aborted).toBe(true)
    await expect.poll(() => behind.stats).toMatchObject({ pending: 0, unanswered: 0 })
  })

  test('ends for its own signal, too, and then the handler goes on', async () => {
    const controller = new AbortController()
    const { begun, peer } = await chain(async (call) => {
      const failed = await outcome(call('x', [], { signal: controller.signal }))
      return `went on after ${String(failed)}`
    })
    const call = peer.call('x')
    await expect.poll(() => begun.length).toBe(1)
    controller.abort(Object.assign(new Error('enough'), { name: 'Enough' }))
    expect(await call).toBe('went on after Enough')
  })

  test('back to whoever asks inherits as well', async () => {
    const left: unknown[] = []
    const clock = new FakeClock()
    const at = await served(deadlined((_, { call }) => call('back'), clock))
    const peer = await dial(at, { handler: ({ meta }) => (left.push(meta?.timeoutMs), 'welcome') })
    expect(await deadlined(peer.call, 300, clock)('x')).toBe('welcome')
    expect(left).toEqual([300])
  })

  test('when nothing is left, is not made', async () => {
    const { clocks, begun, front } = await chain(async (call) => {
      clocks.front.skip(300)
      return `failed with ${String(await outcome(call('x')))}`
    })
    const { say, heard, request } = await raw(front)
    say(request(1, 'x', { timeoutMs: 300 }))
    await expect.poll(heard).toEqual(['1: "failed with -32008"'])
    expect(begun).toEqual([])
  })

  test('of many requests at once: each has what is its own', async () => {
    const at = await served(deadlined(({ meta }) => meta?.timeoutMs ?? null))
    const call = inheriting((await dial(at)).call)
    const front = await served(deadlined(async () => {
      for (let i = 0; i < 3; i++) await delay(Math.random() * 5)
      return call('left')
    }))
    const peer = await dial(front)
    const some = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? Infinity : 60_000 + 1_000 * i))
    const results = await Promise.all(some.map((ms) => deadlined(peer.call, ms)('x')))
    for (const [i, result] of results.entries()) {
      if (i % 3 === 0) expect(result).toBe(null)
      else expect(Math.abs(Number(result) - some[i]!)).toBeLessThan(900)
    }
  })
})

describe('what AsyncLocalStorage keeps, and what loses it', () => {
  const asked = (run: (call: Call) => Promise<unknown>) =>
    chain(async (call) => (await run(call)) as string).then(async ({ front, left }) => {
      const { say, request } = await raw(front)
      say(request(1, 'x', { timeoutMs: 300 }))
      await expect.poll(() => left.length).toBe(1)
      return left[0]
    })

  test.each<[string, (call: Call) => Promise<unknown>]>([
    ['await', async (call) => (await Promise.resolve(), call('x'))],
    ['a timer', (call) => new Promise((resolve) => setTimeout(() => resolve(call('x')), 1))],
    ['a microtask', (call) => new Promise((resolve) => queueMicrotask(() => resolve(call('x'))))],
    ['an event that is emitted in it', (call) => {
      const target = new EventTarget()
      const heard = new Promise((resolve) => target.addEventListener('x', () => resolve(call('x'))))
      target.dispatchEvent(new Event('x'))
      return heard
    }],
  ])('%s keeps it', async (_, run) => {
    expect(await asked(run)).toBe(300)
  })

  const waiting: (() => void)[] = []
  const elsewhere = setInterval(() => waiting.shift()?.(), 1)
  elsewhere.unref()

  test('a list of callbacks that somebody else calls loses it, unless each is bound', async () => {
    const lost = (call: Call) => new Promise((resolve) => waiting.push(() => resolve(call('x'))))
    const bound = (call: Call) => new Promise((resolve) => waiting.push(AsyncResource.bind(() => resolve(call('x')))))
    expect(await asked(lost)).toBeUndefined()
    expect(await asked(bound)).toBe(300)
  })

  test('who is detached wants to lose it: what outlives the request', async () => {
    expect(await asked((call) => detached(() => call('x')))).toBeUndefined()
  })
})

describe('relay', () => {
  async function threeServers(): Promise<{ peer: Peer; servers: Server[] }> {
    const last = await served(deadlined(answer))
    const middle = await served(deadlined(relaying(answer, inheriting((await dial(last)).call))))
    const first = await served(deadlined(relaying(answer, inheriting((await dial(middle)).call))))
    return { peer: await dial(first), servers: [first, middle, last] }
  }
  const relay = (method: string, params: unknown[] | object): [string, object] => ['relay', { method, params }]

  test('answers what the server behind answers, errors and their data included', async () => {
    const { peer } = await threeServers()
    const ask = (method: string, params: unknown[] | object) => peer.call(...(relay(...(relay(method, params))) as [string, never]))
    expect(await ask('say', { text: 'Hi' })).toBe('You said: Hi')
    await expect(ask('fail', { code: 7, message: 'no', data: [1] })).rejects.toMatchObject({ code: 7, message: 'no', data: [1] })
    await expect(ask('constructor', [])).rejects.toMatchObject({ code: -32601 })
  })

  test.each<[object | undefined, string]>([
    [undefined, '"method" must be a string'],
    [{ method: 7 }, '"method" must be a string'],
    [{ method: 'say', params: 'Hi' }, '"params" must be an array or an object'],
  ])('%j is told what is wrong', async (params, data) => {
    const { peer } = await threeServers()
    await expect(peer.call('relay', params as never)).rejects.toMatchObject({ code: -32602, data })
  })

  test('three servers: the caller gives up, and nobody works for nobody', async () => {
    const { peer, servers } = await threeServers()
    const [method, params] = relay(...(relay('sleep', [60_000])))
    const call = outcome(deadlined(peer.call, 300)(method, params as never))
    await expect.poll(() => servers.map(({ peers }) => [...peers].map((end) => end.stats.handling))).toEqual([[1], [1], [1]])
    expect(await call).toBe(-32008)
    await expect.poll(() => servers.map(({ peers }) => [...peers].map((end) => end.stats.handling))).toEqual([[0], [0], [0]])
    for (const { peers } of servers) for (const end of peers) expect(cancels(end).size).toBe(0)
  })

  test('says that the server behind has gone, and that is no incident', async () => {
    const last = await served(deadlined(answer))
    const behind = await dial(last)
    const lines: string[] = []
    const peer = await dial(await served(deadlined(relaying(answer, behind.call)), { log: (line) => lines.push(line) }))
    behind.destroy()
    await expect(peer.call('relay', { method: 'say' })).rejects.toMatchObject({ code: -32014, data: { status: 'UNAVAILABLE' } })
    expect(lines).toEqual([])
  })

  test('when the server behind goes in the middle, nobody is told that it has not run', async () => {
    const { handler, begun } = stage()
    const last = await served(handler, { log: () => {} })
    const peer = await dial(await served(deadlined(relaying(answer, (await dial(last)).call))))
    const asked = outcome(peer.call('relay', { method: 'say' }))
    await expect.poll(() => begun.length).toBe(1)
    for (const each of last.peers) each.destroy()
    expect(await asked).toBe(-32603)
  })
})
