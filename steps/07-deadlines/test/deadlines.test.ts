import { getEventListeners } from 'node:events'
import { answer, Context } from '@rpc-steps/async-await'
import type { Call, CallOptions, Extras, Handler, Json, Params } from '@rpc-steps/async-await'
import { FakeClock } from '@rpc-steps/session/testing'
import { describe, expect, test } from 'vitest'
import { cancels, deadlined } from '../src/index.ts'
import { dial, outcome, raw, served, stage, turn } from './support.ts'

/** A call that stays open, and what was said beside each. */
function openCalls() {
  const asked: { options: CallOptions; end(value: Json): void }[] = []
  const call: Call = (_: string, __?: Params, options: CallOptions = {}) =>
    new Promise((end, reject) => {
      options.signal?.addEventListener('abort', () => reject(options.signal!.reason as Error), { once: true })
      asked.push({ options, end })
    })
  return { call, asked, extras: (i = 0): Extras | undefined => asked[i]!.options.extras?.() }
}

describe('a call with a deadline', () => {
  test('says how much is left when it is written, which may be late', async () => {
    const clock = new FakeClock(1_000_000)
    const { call, extras } = openCalls()
    void outcome(deadlined(call, 300, clock)('x'))
    clock.skip(100)
    expect(extras()).toEqual({ meta: { timeoutMs: 200 } })
    clock.skip(199.5)
    expect(extras(), 'what is not over is not 0').toEqual({ meta: { timeoutMs: 1 } })
    clock.skip(1000)
    expect(extras()).toEqual({ meta: { timeoutMs: 0 } })
  })

  test('keeps what else is said beside it, and the shorter time-out', () => {
    const clock = new FakeClock()
    const { call, extras } = openCalls()
    const said = (timeoutMs: number): Extras => ({ traceparent: '00-1-2-01', meta: { priority: 9, timeoutMs } })
    for (const ms of [100, 500]) void outcome(deadlined(call, 300, clock)('x', [], { extras: () => said(ms) }))
    expect([extras(0), extras(1)]).toEqual([said(100), said(300)])
  })

  test('rejects when it is over, and leaves neither timer nor listener', async () => {
    const clock = new FakeClock()
    const { call, asked } = openCalls()
    const { signal } = new AbortController()
    const calls = [1, 2].map(() => outcome(deadlined(call, 300, clock)('x', [], { signal })))
    clock.pass(299)
    asked[1]!.end('in time')
    await turn()
    expect(clock.timers).toBe(1)
    clock.pass(1)
    expect(await Promise.all(calls)).toEqual([-32008, 'in time'])
    expect(clock.timers).toBe(0)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('with no time at all asks nobody', async () => {
    const { call, asked } = openCalls()
    await expect(deadlined(call, 0)('x')).rejects.toMatchObject({ code: -32008, data: { status: 'DEADLINE_EXCEEDED' }, from: 'here' })
    expect(asked).toEqual([])
  })

  test('with all the time there is says nothing of it, and sets no timer', async () => {
    const clock = new FakeClock()
    const { call, asked, extras } = openCalls()
    const waiting = deadlined(call, Infinity, clock)('x')
    expect(extras()).toBeUndefined()
    expect(clock.timers).toBe(0)
    asked[0]!.end('done')
    expect(await waiting).toBe('done')
  })

  test.each([-1, NaN, -Infinity])('in %d ms is a mistake', (ms) => {
    expect(() => deadlined(openCalls().call, ms)).toThrow(RangeError)
  })

  test('further away than a timer can be set does not end at once', async () => {
    const peer = await dial(await served(deadlined(answer)))
    expect(await deadlined(peer.call, 2 ** 31)('sleep', [20])).toBe(20)
    expect(await deadlined(peer.call, 1e300)('sleep', [20])).toBe(20)
  })

  test('ends there as well: the handler hears it', async () => {
    const { handler, begun } = stage()
    const peer = await dial(await served(handler))
    const clock = new FakeClock()
    expect(cancels(peer), 'a second time it is the same').toBe(cancels(peer))
    const call = outcome(deadlined(peer.call, 300, clock)('x'))
    await expect.poll(() => begun.length).toBe(1)
    clock.pass(300)
    expect(await call).toBe(-32008)
  })

  test('tells a server that knows no deadlines by a cancel, also from a peer that nobody has prepared', async () => {
    const { handler, begun } = stage()
    const deaf: Handler = ({ jsonrpc, method, id }, context) => deadlined(handler)({ jsonrpc, method, ...(id !== undefined && { id }) }, context)
    const peer = await dial(await served(deaf), { extensions: [] })
    const clock = new FakeClock()
    const call = outcome(deadlined(peer.call, 300, clock)('x'))
    await expect.poll(() => begun.length).toBe(1)
    const { signal } = begun[0]!.context
    clock.pass(300)
    expect(await call).toBe(-32008)
    await expect.poll(() => signal.aborted).toBe(true)
    expect(signal.reason).toMatchObject({ code: -32800 })
    await expect.poll(() => peer.stats).toMatchObject({ unanswered: 0, unknownReplies: 1 })
  })

  test('the late reply is nobody\'s, and the connection goes on', async () => {
    const { handler, begun } = stage()
    const peer = await dial(await served((request, context) => (request.method === 'y' ? 'at once' : handler(request, context))))
    const clock = new FakeClock()
    const call = outcome(deadlined(peer.call, 300, clock)('x'))
    await expect.poll(() => begun.length).toBe(1)
    clock.pass(300)
    expect(await call).toBe(-32008)
    begun[0]!.end('late')
    expect(await peer.call('y')).toBe('at once')
    expect(peer.stats).toMatchObject({ unanswered: 0, unknownReplies: 1 })
  })

  test('that waits for room is not written when it is over, and nobody is told', async () => {
    const { handler, begun } = stage()
    const peer = await dial(await served(deadlined(handler)), { window: 1 })
    const clock = new FakeClock()
    const first = peer.call('x')
    const second = outcome(deadlined(peer.call, 300, clock)('x'))
    await expect.poll(() => begun.length).toBe(1)
    clock.pass(300)
    expect(await second).toBe(-32008)
    begun[0]!.end('first')
    expect(await first).toBe('first')
    expect(peer.stats).toMatchObject({ waiting: 0, unanswered: 0 })
    expect(begun).toHaveLength(1)
  })
})

describe('a handler with deadlines', () => {
  async function server() {
    const clock = new FakeClock(5_000)
    const { handler, begun } = stage()
    const lines: string[] = []
    const handle: Handler = (request, context) => (request.method === 'y' ? 'at once' : handler(request, context))
    const at = await served(deadlined(handle, clock), { log: (line) => lines.push(line) })
    return { ...(await raw(at)), at, clock, begun, lines }
  }

  test.each([0, -1, -1e9])('does not run what comes with %d ms left', async (timeoutMs) => {
    const { say, heard, request, begun } = await server()
    say(request(1, 'x', { timeoutMs }), request(2, 'y', { timeoutMs }), request(3, 'y'))
    await expect.poll(heard).toEqual(['1: -32008', '2: -32008', '3: "at once"'])
    expect(begun).toEqual([])
  })

  test('ends what it runs when the time is over, once, and hears no more of it', async () => {
    const { at, say, heard, request, cancel, clock, begun, lines } = await server()
    say(request(1, 'x', { timeoutMs: 300 }), request(2, 'x', { timeoutMs: 301 }), request(3))
    await expect.poll(() => begun.length).toBe(3)
    const { signal } = begun[0]!.context
    clock.pass(300)
    await expect.poll(heard).toEqual(['1: -32008'])
    expect(signal.reason).toMatchObject({ code: -32008, data: { status: 'DEADLINE_EXCEEDED' } })
    expect(clock.timers).toBe(1)
    begun[0]!.end('late')
    begun[1]!.end('in time')
    say(cancel(1))
    await expect.poll(heard).toEqual(['1: -32008', '2: "in time"'])
    expect(clock.timers).toBe(0)
    clock.pass(1e12)
    begun[2]!.end('no hurry')
    await expect.poll(heard).toEqual(['1: -32008', '2: "in time"', '3: "no hurry"'])
    expect([...at.peers].map((peer) => cancels(peer).size)).toEqual([0])
    expect(lines).toEqual([])
  })

  test('takes a time-out for a duration: the clocks of the two ends need not agree', async () => {
    const { handler, begun } = stage()
    const [here, there] = [new FakeClock(9e12), new FakeClock(5)]
    const peer = await dial(await served(deadlined(handler, there)))
    const call = outcome(deadlined(peer.call, 300, here)('x'))
    await expect.poll(() => begun.length).toBe(1)
    there.pass(299)
    expect(begun[0]!.context.signal.aborted).toBe(false)
    there.pass(1)
    expect(begun[0]!.context.signal.aborted).toBe(true)
    expect(await call).toBe(-32008)
    expect([here.timers, there.timers]).toEqual([0, 0])
  })

  test.each([
    ['Infinity', '1e999'],
    ['more than a timer can take', '4294967296'],
  ])('%s is not over', async (_, timeoutMs) => {
    const { socket, heard } = await raw(await served(deadlined(answer)))
    const body = `{"jsonrpc":"2.0","id":1,"method":"sleep","params":[30],"meta":{"timeoutMs":${timeoutMs}}}`
    socket.write(`Content-Length: ${body.length}\r\n\r\n${body}`)
    await expect.poll(heard).toEqual(['1: 30'])
  })

  test('a time-out that is no number is an invalid request', async () => {
    const { say, heard, request } = await server()
    say(request(1, 'y', { timeoutMs: '300' }), request(2, 'y', { timeoutMs: null }))
    await expect.poll(heard).toEqual(['1: -32600', '2: -32600'])
  })

  test('a notification ends in silence', async () => {
    const { say, heard, request, clock, begun, lines } = await server()
    say({ method: 'x', meta: { timeoutMs: 300 } }, { method: 'x', meta: { timeoutMs: 0 } })
    await expect.poll(() => begun.length).toBe(1)
    const { signal } = begun[0]!.context
    clock.pass(300)
    expect(signal.aborted).toBe(true)
    say(request(1, 'y'))
    await expect.poll(heard).toEqual(['1: "at once"'])
    expect([clock.timers, lines.length]).toEqual([0, 0])
  })

  test('what runs when the connection ends leaves no timer, though its handler never ends', async () => {
    const { at, socket, say, request, clock, begun } = await server()
    say(request(1, 'x', { timeoutMs: 1e9 }))
    await expect.poll(() => begun.length).toBe(1)
    const [peer] = at.peers
    socket.resetAndDestroy()
    await peer!.closed
    await turn()
    expect(clock.timers).toBe(0)
    expect(begun[0]!.context.signal.aborted).toBe(true)
  })

  test.each<[string, Handler]>([
    ['throws', () => { throw new Error('a bug') }],
    ['rejects', () => Promise.reject(new Error('a bug'))],
  ])('a handler that %s leaves nothing behind', async (_, handler) => {
    const clock = new FakeClock()
    const at = await served(deadlined(handler, clock), { log: () => {} })
    const { say, heard, request } = await raw(at)
    say(request(1, 'x', { timeoutMs: 300 }))
    await expect.poll(heard).toEqual(['1: -32603'])
    expect([clock.timers, ...[...at.peers].map((peer) => cancels(peer).size)]).toEqual([0, 0])
  })

  test('works behind another protocol, where there is no peer', async () => {
    const clock = new FakeClock()
    const { handler, begun } = stage()
    const handle = deadlined(handler, clock)
    const ask = (id: number, timeoutMs: number) => {
      const context = new Context()
      void handle({ jsonrpc: '2.0', id, method: 'x', meta: { timeoutMs } }, context)
      return context
    }
    const contexts = [ask(1, 300), ask(1, 400)]
    expect(() => ask(1, 0)).toThrow('Deadline exceeded')
    clock.pass(300)
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, false])
    expect(begun).toHaveLength(2)
  })
})
