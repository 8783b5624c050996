import type { Handler, Json, Request, RequestContext } from '@rpc-steps/async-await'
import { connect, Context, Key } from '@rpc-steps/async-await'
import { deadlined, inTime } from '@rpc-steps/deadlines'
import { FakeClock } from '@rpc-steps/session/testing'
import { queued } from '@rpc-steps/task-queue'
import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { hasKey, idempotent, keyed, reconnecting, retrying } from '../src/index.ts'
import type { IdempotentOptions } from '../src/index.ts'
import { dialer, full, internal, lost, outcome, served, turn, unavailable, wrong } from './support.ts'

/** A handler whose runs the test ends. */
function stage() {
  const runs: { request: Request; context: RequestContext; end(value: Json): void; fail(error: Error): void }[] = []
  const handler: Handler = (request, context) =>
    new Promise<Json>((end, fail) => runs.push({ request, context, end, fail }))
  return { handler, runs }
}

function asking(options: IdempotentOptions = {}) {
  const { handler, runs } = stage()
  const clock = new FakeClock()
  const once = idempotent(handler, { clock, ...options })
  const ask = (idempotencyKey: string | undefined, params: Json[] = [], context = new Context(), method = 'x') => {
    const request: Request = { jsonrpc: '2.0', id: 1, method, params, ...(idempotencyKey !== undefined && { meta: { idempotencyKey } }) }
    return outcome(Promise.resolve().then(() => once(request, context)))
  }
  return { ask, runs, clock }
}

describe('the same key', () => {
  it('runs once and is answered twice: after it has ended, and while it runs', async () => {
    const { ask, runs } = asking()
    const both = [ask('a'), ask('a')]
    await turn()
    expect(runs.length).toBe(1)
    runs[0]!.end('done')
    expect(await Promise.all(both)).toEqual(['done', 'done'])
    expect(await ask('a')).toBe('done')
    expect(runs.length).toBe(1)
  })

  it('runs again if it has not run; any other failure is kept', async () => {
    for (const [error, times] of [[unavailable(), 2], [full(), 2], [internal(), 1], [wrong(), 1], [lost(), 1]] as const) {
      const { ask, runs } = asking()
      const first = ask('a')
      await turn()
      runs[0]!.fail(error)
      expect(await first).toBe(error.code)
      const second = ask('a')
      await turn()
      runs[1]?.end('done')
      expect([await second, runs.length]).toEqual([times === 2 ? 'done' : error.code, times])
    }
  })

  it('with another method or other parameters is refused, and changes nothing', async () => {
    const { ask, runs } = asking()
    const first = ask('a', [1])
    expect(await ask('a', [2])).toBe(-32602)
    expect(await ask('a', [1], new Context(), 'y')).toBe(-32602)
    runs[0]!.end('done')
    expect([await first, await ask('a', [1]), runs.length]).toEqual(['done', 'done', 1])
  })

  it('of somebody else is another key', async () => {
    const who = new Key<string>('who')
    const { ask, runs } = asking({ scope: (context) => context.get(who)! })
    const as = (name: string) => {
      const context = new Context()
      context.set(who, name)
      return context
    }
    void ask('b","a', [], as('x'))
    void ask('a', [], as('x","b'))
    void ask('a', [], as('ann'))
    void ask('a', [], as('bob'))
    void ask('a', [], as('ann'))
    await turn()
    expect(runs.length).toBe(4)
  })
})

describe('a key', () => {
  it('that is none, is too long, or belongs to a stream is refused; without one all runs', async () => {
    const { ask, runs } = asking()
    expect([await ask(''), await ask('k'.repeat(257))]).toEqual([-32600, -32600])
    const once = idempotent(() => 1)
    for (const meta of [{ credit: 1 }, { stream: true }]) {
      const request: Request = { jsonrpc: '2.0', id: 1, method: 'x', meta: { ...meta, idempotencyKey: 'a' } }
      expect(() => once(request, new Context())).toThrow(expect.objectContaining({ code: -32600 }))
    }
    void ask(undefined)
    void ask(undefined)
    await turn()
    expect(runs.length).toBe(2)
  })

  it('is forgotten in time, and when there are too many or too large answers, the oldest first', async () => {
    const { ask, runs, clock } = asking({ size: 3, characters: 100, ttlMs: 1000 })
    const run = async (key: string, answer: string) => {
      const before = runs.length
      const came = ask(key)
      await turn()
      runs[before]?.end(answer)
      await came
      return runs.length > before
    }
    for (const key of ['a', 'b', 'c', 'd']) expect(await run(key, 'done')).toBe(true)
    expect([await run('d', ''), await run('c', ''), await run('b', '')]).toEqual([false, false, false])
    expect(await run('a', 'done')).toBe(true)
    clock.pass(999)
    expect(await run('a', '')).toBe(false)
    clock.pass(1)
    expect(await run('a', 'done')).toBe(true)
    expect(await run('large', 'x'.repeat(500))).toBe(true)
    expect([await run('large', ''), await run('a', 'done')]).toEqual([false, true])
    expect(await run('large', 'x')).toBe(true)
  })

  it('what still runs is never forgotten, however many there are', async () => {
    const { ask, runs, clock } = asking({ size: 1, ttlMs: 10 })
    const first = Array.from({ length: 100 }, (_, i) => ask(`k${i}`))
    clock.pass(1000)
    const second = Array.from({ length: 100 }, (_, i) => ask(`k${i}`))
    await turn()
    expect(runs.length).toBe(100)
    for (const [i, run] of runs.entries()) run.end(i)
    expect(await Promise.all(first)).toEqual(await Promise.all(second))
  })
})

test('in every order of requests, ends and time: a key that is known never runs, and all who ask get its answer', async () => {
  type Action = { do: 'ask'; key: number } | { do: 'end' | 'fail' | 'refuse'; which: number } | { do: 'pass'; ms: number }
  const which = fc.nat()
  const actions: fc.Arbitrary<Action> = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('ask' as const), key: fc.nat(4) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('end' as const, 'fail' as const, 'refuse' as const), which }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(300, 700) }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(actions, { maxLength: 60, size: 'max' }), async (script) => {
      const { ask, runs, clock } = asking({ size: 3, ttlMs: 1000 })
      const came: unknown[] = []
      const expected: unknown[] = []
      const running = new Map<number, { run: number; waiting: number[] }>()
      let kept: { key: number; what: unknown; expires: number }[] = []
      let began = 0
      for (const action of script) {
        kept = kept.filter(({ expires }) => expires > clock.now())
        if (action.do === 'pass') clock.pass(action.ms)
        else if (action.do === 'ask') {
          const i = came.push(undefined) - 1
          expected.push(undefined)
          void ask(`k${action.key}`).then((what) => (came[i] = what))
          const known = kept.find(({ key }) => key === action.key)
          if (known) expected[i] = known.what
          else if (running.has(action.key)) running.get(action.key)!.waiting.push(i)
          else running.set(action.key, { run: began++, waiting: [i] })
        } else if (running.size > 0) {
          const key = [...running.keys()][action.which % running.size]!
          const { run, waiting } = running.get(key)!
          running.delete(key)
          if (action.do === 'end') runs[run]!.end(run)
          else runs[run]!.fail(action.do === 'fail' ? internal() : unavailable())
          const what = action.do === 'end' ? run : action.do === 'fail' ? -32603 : -32014
          for (const i of waiting) expected[i] = what
          if (action.do !== 'refuse') kept = [...kept, { key, what, expires: clock.now() + 1000 }].slice(-3)
        }
        await turn()
        expect(runs.length).toBe(began)
        expect(came).toEqual(expected)
      }
    }),
    { numRuns: Number(process.env['RUNS'] ?? 100) },
  )
})

describe('over a connection', () => {
  it('one that is lost in the middle: the work goes on, and the retry gets its answer', async () => {
    const { handler, runs } = stage()
    const server = await served(idempotent(queued(inTime(handler), { workers: 1 })))
    const line = reconnecting(dialer(server), { base: 1, waits: 1, waitMs: 60_000 })
    const came = keyed(retrying(line.call, { idempotent: hasKey, base: 1 }))('pay', [5])
    await expect.poll(() => runs.length).toBe(1)
    const [first] = server.peers
    first!.destroy()
    await first!.closed
    await expect.poll(() => [...server.peers][0]?.stats.requests, { timeout: 10_000 }).toBe(1)
    expect(runs[0]!.context.signal.aborted).toBe(false)
    runs[0]!.end('paid')
    expect([await came, runs.length]).toEqual(['paid', 1])
    await line.close()
  })

  it('its deadline ends the waiting, and not the work', async () => {
    const { handler, runs } = stage()
    const server = await served(idempotent(handler))
    const peer = await connect(server)
    const extras = () => ({ meta: { idempotencyKey: 'a' } })
    expect(await outcome(deadlined(peer.call, 50)('pay', [5], { extras }))).toBe(-32008)
    runs[0]!.end('paid')
    expect([await peer.call('pay', [5], { extras }), runs.length]).toEqual(['paid', 1])
    await peer.close()
  })
})
