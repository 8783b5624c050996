import { AsyncLocalStorage } from 'node:async_hooks'
import { Context } from '@rpc-steps/async-await'
import type { Handler , RpcError } from '@rpc-steps/async-await'
import { describe, expect, test } from 'vitest'
import { queued } from '../src/index.ts'
import { asker, FakeClock, request, Stage, turn } from './support.ts'

const full = -32029

describe('places', () => {
  test('so many run, so many wait, and the next is told at once that it is too much', async () => {
    const stage = new Stage()
    const queue = queued(stage.handler, { workers: 2, capacity: 3 })
    const { ask, outcomes } = asker(queue)
    for (let id = 1; id <= 7; id++) ask(id)
    await turn()
    expect(stage.begun).toEqual([1, 2])
    expect([...outcomes]).toEqual([[6, full], [7, full]])
    expect(queue.places).toEqual({ accepted: 5, queued: 3, running: 2, answered: 0 })
    await stage.end(2)
    expect(stage.begun).toEqual([1, 2, 3])
    ask(8)
    expect(queue.places).toEqual({ accepted: 6, queued: 3, running: 2, answered: 1 })
    await stage.endAll()
    expect(stage.begun).toEqual([1, 2, 3, 4, 5, 8])
    expect(queue.places).toEqual({ accepted: 6, queued: 0, running: 0, answered: 6 })
  })

  test('a request that finds a worker free does not wait, and a plain answer needs no promise', () => {
    const queue = queued(({ id }) => `now ${id}`, { workers: 1, capacity: 0 })
    expect(queue(request(1), new Context())).toBe('now 1')
    expect(queue(request(2), new Context())).toBe('now 2')
    expect(queue.places).toEqual({ accepted: 2, queued: 0, running: 0, answered: 2 })
  })

  test.each([
    ['throws', () => { throw new Error('no') }],
    ['rejects', () => Promise.reject(new Error('no'))],
    ['rejects later', async () => { await turn(); throw new Error('no') }],
    ['gives a promise that cannot be looked at', () => ({ get then() { throw new Error('no') } }) as never],
    ['gives a promise that throws', () => ({ then() { throw new Error('no') } })],
  ] satisfies [string, Handler][])('a handler that %s gives its place back', async (_, handler) => {
    const queue = queued(handler, { workers: 1, capacity: 10 })
    const { ask, outcomes } = asker(queue)
    for (let id = 1; id <= 3; id++) ask(id)
    for (let turns = 0; turns < 6; turns++) await turn()
    expect(queue.places).toEqual({ accepted: 3, queued: 0, running: 0, answered: 3 })
    expect([...outcomes.keys()]).toEqual([1, 2, 3])
  })

  test('a promise that calls back twice gives one place back', async () => {
    const ends: (() => void)[] = []
    const twice: Handler = () => {
      const promise = new Promise<null>(() => {})
      const then = (done: (value: null) => void) => void ends.push(() => (done(null), done(null)))
      return Object.assign(promise, { then })
    }
    const queue = queued(twice, { workers: 2, capacity: 10 })
    for (let id = 1; id <= 6; id++) void queue(request(id), new Context())
    ends.shift()!()
    await turn()
    expect(queue.places).toEqual({ accepted: 6, queued: 3, running: 2, answered: 1 })
  })

  test('a handler that hangs keeps its own place and no other', async () => {
    const stage = new Stage()
    const queue = queued(stage.handler, { workers: 2, capacity: 10 })
    const { ask } = asker(queue)
    for (let id = 1; id <= 5; id++) ask(id)
    for (let id = 2; id <= 5; id++) await stage.end(id)
    expect(queue.places).toEqual({ accepted: 5, queued: 0, running: 1, answered: 4 })
  })

  test('ten thousand that end at once, behind one that does not, are not calls inside each other', async () => {
    const stage = new Stage()
    const handler: Handler = (request, context) => (request.id === 0 ? stage.handler(request, context) : null)
    const queue = queued(handler, { workers: 1, capacity: 10_000 })
    const { ask, outcomes } = asker(queue)
    for (let id = 0; id <= 10_000; id++) ask(id)
    await stage.end(0)
    expect(outcomes.size).toBe(10_001)
    expect(new Set(outcomes.values())).toEqual(new Set(['done 0', null]))
  })

  test('one that asks from inside a handler waits its turn like any other', async () => {
    let inner: unknown
    const queue = queued(({ id }, context) => {
      if (id === 1) inner = queue(request(2), context)
      return `done ${id}`
    }, { workers: 1, capacity: 1 })
    expect(queue(request(1), new Context())).toBe('done 1')
    expect(await inner).toBe('done 2')
  })
})

describe('who has gone', () => {
  test('leaves the queue, and its place is for somebody else', async () => {
    const stage = new Stage()
    const queue = queued(stage.handler, { workers: 1, capacity: 2 })
    const { ask, outcomes } = asker(queue)
    ask(1)
    const second = ask(2)
    ask(3)
    second.abort(new Error('gone'))
    await turn()
    expect(queue.places).toEqual({ accepted: 3, queued: 1, running: 1, answered: 1 })
    expect([...outcomes]).toEqual([[2, 'gone']])
    ask(4)
    await stage.endAll()
    expect(stage.begun).toEqual([1, 3, 4])
  })

  test('before it came, never runs', async () => {
    const stage = new Stage()
    const queue = queued(stage.handler, { workers: 1, capacity: 2 })
    void queue(request(1), new Context())
    const context = new Context()
    context.abort(new Error('gone'))
    await expect(queue(request(2), context)).rejects.toThrow('gone')
    await stage.endAll()
    expect(stage.begun).toEqual([1])
    expect(queue.places).toEqual({ accepted: 2, queued: 0, running: 0, answered: 2 })
  })

  test('while it runs keeps its worker until the handler has ended, and gives it back once', async () => {
    const stage = new Stage()
    const queue = queued(stage.handler, { workers: 1, capacity: 3 })
    const { ask } = asker(queue)
    const contexts = [1, 2, 3].map((id) => ask(id))
    contexts[0]!.abort(new Error('gone'))
    await stage.end(1)
    // The second was in the queue before, and is not any more.
    contexts[1]!.abort(new Error('gone'))
    await turn()
    expect(stage.begun).toEqual([1, 2])
    expect(queue.places).toEqual({ accepted: 3, queued: 1, running: 1, answered: 1 })
    await stage.end(2)
    expect(queue.places).toEqual({ accepted: 3, queued: 0, running: 1, answered: 2 })
    ask(4)
    await turn()
    expect(stage.begun, 'one worker, one at a time').toEqual([1, 2, 3])
  })
})

test('who has waited runs in what AsyncLocalStorage has for it, not for the one that ended before it', async () => {
  const stage = new Stage()
  const storage = new AsyncLocalStorage<number>()
  const seen: unknown[] = []
  const queue = queued((request, context) => (seen.push(storage.getStore()), stage.handler(request, context)), { workers: 1 })
  const { ask } = asker(queue)
  for (const id of [1, 2, 3]) storage.run(10 * id, () => ask(id))
  await stage.endAll()
  expect(seen).toEqual([10, 20, 30])
})

describe('retryAfterMs', () => {
  const refusal = (queue: Handler) => {
    try {
      void queue(request(99), new Context())
    } catch (error) {
      return (error as RpcError).data as { status: string; retryAfterMs: number }
    }
    throw new Error('it was taken on')
  }

  test('is the time in which the workers will have done what waits, by what they took so far', async () => {
    const stage = new Stage()
    const clock = new FakeClock()
    const queue = queued(stage.handler, { workers: 2, capacity: 6, clock })
    const { ask } = asker(queue)
    for (let id = 1; id <= 8; id++) ask(id)
    clock.time = 40
    await stage.end(1)
    ask(9)
    expect(refusal(queue)).toEqual({ status: 'RESOURCE_EXHAUSTED', retryAfterMs: (6 / 2) * 40 })
    // The third has waited, too, but what counts is how long it kept its worker.
    clock.time = 80
    await stage.end(3)
    ask(10)
    expect(refusal(queue).retryAfterMs).toBe((6 / 2) * 40)
    // One that took longer counts for an eighth.
    clock.time = 200
    await stage.end(4)
    ask(11)
    expect(refusal(queue).retryAfterMs).toBe((6 / 2) * (40 + (120 - 40) / 8))
  })

  test('is a guess at first, and never nothing', async () => {
    const queue = queued(() => new Promise(() => {}), { workers: 1, capacity: 2 })
    for (let id = 1; id <= 3; id++) void queue(request(id), new Context())
    expect(refusal(queue).retryAfterMs).toBe(200)
    const clock = new FakeClock()
    const stage = new Stage()
    const quick = queued(stage.handler, { workers: 1, capacity: 0, clock })
    const { ask } = asker(quick)
    ask(1)
    await stage.end(1)
    ask(2)
    expect(refusal(quick).retryAfterMs).toBe(1)
  })
})

describe('drain', () => {
  test('takes nothing on, finishes what was accepted, and then resolves', async () => {
    const stage = new Stage()
    const queue = queued(stage.handler, { workers: 1, capacity: 5 })
    const { ask, outcomes } = asker(queue)
    for (let id = 1; id <= 3; id++) ask(id)
    let drained = 0
    const draining = queue.drain().then(() => drained++)
    ask(4)
    expect(outcomes.get(4)).toBe(-32014)
    void queue.drain().then(() => drained++)
    await stage.end(1)
    await stage.end(2)
    expect(drained).toBe(0)
    await stage.end(3)
    await draining
    expect(drained).toBe(2)
    expect(stage.begun).toEqual([1, 2, 3])
    ask(5)
    expect(outcomes.get(5)).toBe(-32014)
  })

  test('of an empty queue is over at once; of one whose callers have gone, when the last has', async () => {
    await queued(() => null).drain()
    const stage = new Stage()
    const queue = queued(stage.handler, { workers: 1, capacity: 5 })
    const { ask } = asker(queue)
    ask(1)
    const second = ask(2)
    const drained = queue.drain()
    await stage.end(1)
    second.abort(new Error('gone'))
    await stage.end(2)
    await drained
  })
})

describe('what is no queue', () => {
  test.each([
    [{ workers: 0 }, 'workers'],
    [{ workers: NaN }, 'workers'],
    [{ capacity: -1 }, 'capacity'],
    [{ capacity: NaN }, 'capacity'],
    [{ aging: 0 }, 'aging'],
    [{ order: 'lifo' as never }, 'order'],
  ])('%j is an error that says so', (options, name) => {
    expect(() => queued(() => null, options)).toThrow(RangeError)
    expect(() => queued(() => null, options)).toThrow(name)
  })

  test.each([-1, 10, 4.5, NaN, Infinity])('priority %d is an invalid request, in every order', (priority) => {
    for (const order of ['fifo', 'priority', 'fair'] as const) {
      const { ask, outcomes } = asker(queued(() => null, { order }))
      ask(1, { priority })
      expect(outcomes.get(1)).toBe(-32600)
    }
  })
})
