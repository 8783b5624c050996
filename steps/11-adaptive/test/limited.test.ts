import * as net from 'node:net'
import { answer, Context, DisconnectedError, RpcError } from '@rpc-steps/async-await'
import type { Handler } from '@rpc-steps/async-await'
import { cancelled, deadlined, exceeded } from '@rpc-steps/deadlines'
import { queued } from '@rpc-steps/task-queue'
import { codes, createFramer, requestText } from '@rpc-steps/wire'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Admission, Aimd, fixed, limited } from '../src/index.ts'
import { Time } from '../src/time.ts'
import { ask, dial, noting, request, served, Stage, turn } from './support.ts'

const full = codes.resourceExhausted

test('as many as the limit says are let in, and who comes then is told at once that it is too much', async () => {
  const stage = new Stage()
  const handler = limited(stage.handler, fixed(2))
  const outcomes: unknown[] = []
  for (const id of [1, 2, 3]) ask(handler, id, (outcome) => outcomes.push([id, outcome]))
  expect(outcomes).toEqual([[3, full]])
  await stage.end(1)
  ask(handler, 4)
  expect(stage.begun).toEqual([1, 2, 4])
  expect(handler.inFlight).toBe(2)
})

test('a limit that shrinks takes no place away, and lets nobody in until there is one', async () => {
  const stage = new Stage()
  const limit = { current: 3, sample() {} }
  const handler = limited(stage.handler, limit)
  for (const id of [1, 2, 3]) ask(handler, id)
  limit.current = 1
  await stage.end(1)
  await stage.end(2)
  ask(handler, 4)
  expect(handler.inFlight).toBe(1)
  await stage.end(3)
  ask(handler, 5)
  expect(stage.begun).toEqual([1, 2, 3, 5])
})

test('who is refused is told when to come back: in the time that one takes', async () => {
  const time = new Time()
  const stage = new Stage()
  const handler = limited(stage.handler, fixed(1), time)
  ask(handler, 1)
  time.runUntil(40)
  await stage.end(1)
  ask(handler, 2)
  let data: unknown
  try {
    void handler(request(3), new Context())
  } catch (error) {
    ;({ data } = error as RpcError)
  }
  expect(data).toEqual({ status: 'RESOURCE_EXHAUSTED', retryAfterMs: 40 })
})

describe('a place is given back, and once, by a handler that', () => {
  const twice = Object.assign(new Promise<null>(() => {}), {
    then: (done: (value: null) => void) => (done(null), done(null)),
  })
  test.each([
    ['answers at once', () => null],
    ['answers later', async () => (await turn(), null)],
    ['throws', () => { throw new Error('no') }],
    ['throws nothing', () => { throw undefined as unknown }],
    ['rejects', () => Promise.reject(new Error('no'))],
    ['rejects with nothing', () => Promise.reject()],
    ['gives a promise that calls back twice', () => twice],
    ['gives a promise that throws', () => ({ then() { throw new Error('no') } })],
    ['gives a promise that cannot be looked at', () => ({ get then() { throw new Error('no') } }) as never],
  ] satisfies [string, Handler][])('%s', async (_, inner) => {
    const handler = limited(inner, fixed(3))
    for (let id = 1; id <= 10; id++) {
      ask(handler, id)
      for (let turns = 0; turns < 3; turns++) await turn()
      expect(handler.inFlight).toBe(0)
    }
  })

  test('is let in and says twice that it has left', () => {
    const admission = new Admission(noting(2), new Time())
    const [one, other] = [admission.enter()!, admission.enter()!]
    one('success')
    one('dropped')
    expect(admission.inFlight).toBe(1)
    expect(admission.limit).toMatchObject({ samples: [{ outcome: 'success' }] })
    other('ignored')
    expect(admission.inFlight).toBe(0)
  })
})

describe('what the limit learns from', () => {
  /** What it is told of a request that ends after 7 ms in this way. */
  async function told(end: (stage: Stage, context: Context) => unknown): Promise<unknown> {
    const [time, stage, limit] = [new Time(), new Stage(), noting(2)]
    const handler = limited(stage.handler, limit, time)
    const context = ask(handler, 1)
    time.runUntil(7)
    await end(stage, context)
    expect(handler.inFlight).toBe(0)
    return limit.samples
  }
  const sample = (outcome: 'success' | 'dropped') => [{ rttMs: 7, inFlight: 1, outcome }]

  test('an answer: how long it took, and with how many others', async () => {
    expect(await told((stage) => stage.end(1))).toEqual(sample('success'))
    const [time, stage, limit] = [new Time(), new Stage(), noting(9)]
    const handler = limited(stage.handler, limit, time)
    for (const id of [1, 2, 3]) ask(handler, id)
    for (const id of [3, 1, 2]) await stage.end(id)
    expect(limit.samples.map(({ inFlight }) => inFlight)).toEqual([3, 1, 2])
  })

  test.each([
    ['a bug of the handler', new TypeError('no')],
    ['nothing, thrown', undefined],
    ['parameters that are wrong', new RpcError(codes.invalidParams, 'Invalid params')],
    ['a caller who may not', new RpcError(codes.permissionDenied, 'Permission denied')],
    ['a caller who has cancelled', cancelled()],
    ['a caller who has gone', new DisconnectedError('gone')],
  ])('%s is no sample: it may have come quickly because nothing was done', async (_, error) => {
    expect(await told((stage) => stage.end(1, error))).toEqual([])
  })

  test.each([
    ['a deadline that was over', exceeded()],
    ['a queue that was full', new RpcError(codes.resourceExhausted, 'Too many requests')],
    ['a server behind that is not available', new RpcError(codes.unavailable, 'Unavailable')],
  ])('%s is a sign of too much', async (_, error) => {
    expect(await told((stage) => stage.end(1, error))).toEqual(sample('dropped'))
  })

  test('a handler that answers after all, because it was told to stop, was not quick', async () => {
    const stopped = (reason: Error) => (stage: Stage, context: Context) => {
      context.abort(reason)
      return stage.end(1)
    }
    expect(await told(stopped(cancelled()))).toEqual([])
    expect(await told(stopped(exceeded()))).toEqual(sample('dropped'))
    // Or fails with an error of its own because of that.
    const failed = async (stage: Stage, context: Context) => {
      context.abort(exceeded())
      await stage.end(1, new Error('aborted'))
    }
    expect(await told(failed)).toEqual(sample('dropped'))
  })

  test('a server that fails at once has no room for more because of that', async () => {
    const time = new Time()
    const limit = new Aimd(time, { tooLongMs: 100 })
    const fails: Handler = () => new Promise((_, reject) => time.after(1, () => reject(new Error('no'))))
    const handler = limited(fails, limit, time)
    for (let ms = 0; ms < 50; ms++) {
      for (let id = 0; id < 30; id++) ask(handler, id)
      expect(handler.inFlight).toBe(10)
      time.runUntil(ms + 1)
      await turn()
    }
  })
})

describe('over real sockets', () => {
  test('a thousand at once: so many are served, and all others are told', async () => {
    const limit = fixed(10)
    const handler = limited(answer, limit)
    const peer = await dial(await served(handler))
    const calls = Array.from({ length: 1000 }, () => peer.call('sleep', { ms: 20 }))
    const outcomes = await Promise.allSettled(calls)
    const codesOf = outcomes.flatMap((o) => (o.status === 'rejected' ? [(o.reason as RpcError).code] : []))
    expect(codesOf.length).toBeGreaterThan(0)
    expect(codesOf.length).toBeLessThanOrEqual(990)
    expect(new Set(codesOf)).toEqual(new Set([full]))
    await expect.poll(() => handler.inFlight).toBe(0)
  })

  test('who cancels, whose deadline is over, and who disconnects gives the place back', async () => {
    const limit = noting(2)
    const handler = limited(answer, limit)
    const server = await served(deadlined(handler))
    const peer = await dial(server)
    const goes = net.connect(server.port, server.host)
    onTestFinished(() => void goes.destroy())
    const controller = new AbortController()
    const long = { ms: 60_000 }
    const cancels = peer.call('sleep', long, { signal: controller.signal })
    goes.write(createFramer('content-length').frame(requestText(1, 'sleep', long)))
    await expect.poll(() => handler.inFlight).toBe(2)
    await expect(peer.call('say', { text: 'hi' })).rejects.toMatchObject({ code: full })
    controller.abort(new Error('enough'))
    goes.resetAndDestroy()
    await expect(cancels).rejects.toThrow('enough')
    await expect.poll(() => handler.inFlight).toBe(0)
    await expect(deadlined(peer.call, 50)('sleep', long)).rejects.toMatchObject({ code: codes.deadlineExceeded })
    await expect.poll(() => handler.inFlight).toBe(0)
    expect(await peer.call('say', { text: 'hi' })).toBe('You said: hi')
    // Whoever went away says nothing of the server.
    const told = limit.samples.map(({ outcome }) => outcome)
    expect(told).toEqual([...told.slice(0, -1).map(() => 'dropped'), 'success'])
    expect(told.length).toBeLessThanOrEqual(2)
  })

  test('a server that drains says so, also when there would be no place', async () => {
    const stage = new Stage()
    const queue = queued(stage.handler, { workers: 1 })
    const limit = noting(1)
    const peer = await dial(await served(limited(queue, limit)))
    const first = peer.call('x')
    await expect.poll(() => stage.begun).toHaveLength(1)
    await expect(peer.call('x')).rejects.toMatchObject({ code: full })
    const drained = queue.drain()
    await expect(peer.call('x')).rejects.toMatchObject({ code: codes.unavailable })
    await stage.endFirst()
    expect(await first).toBe('done 1')
    await drained
    await expect(peer.call('x')).rejects.toMatchObject({ code: codes.unavailable })
    expect(limit.samples.map(({ outcome }) => outcome)).toEqual(['success'])
  })
})

test('streams pass by: they take no place, and are no samples', async () => {
  const samples: unknown[] = []
  const stage = new Stage()
  const handler = limited(stage.handler, { current: 1, sample: (one) => samples.push(one) })
  const context = new Context()
  for (const [id, meta] of [[1, { credit: 4 }], [2, { stream: true }]] as const) {
    void Promise.resolve(handler({ jsonrpc: '2.0', id, method: 'count', meta }, context))
  }
  expect(handler.inFlight).toBe(0)
  ask(handler, 3)
  expect(stage.begun).toEqual([1, 2, 3])
  for (const id of [1, 2, 3]) await stage.end(id)
  expect(samples).toHaveLength(1)
})
