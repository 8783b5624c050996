import { answer } from '@rpc-steps/async-await'
import type { Handler } from '@rpc-steps/async-await'
import { FakeClock } from '@rpc-steps/session/testing'
import { queued } from '@rpc-steps/task-queue'
import { describe, expect, test } from 'vitest'
import { deadlined, inheriting, inTime } from '../src/index.ts'
import { dial, outcome, raw, served, stage } from './support.ts'

describe('a deadline and a queue: deadlined(queued(handler))', () => {
  async function server(workers = 1) {
    const clock = new FakeClock()
    const { handler, begun } = stage()
    const queue = queued(inTime(handler), { workers, capacity: 10, clock })
    const at = await served(deadlined(queue, clock))
    return { ...(await raw(at)), at, clock, begun, queue }
  }

  test('who expires in the queue leaves it unserved, and its place is free', async () => {
    const { say, heard, request, clock, begun, queue } = await server()
    say(request(1), request(2, 'two', { timeoutMs: 300 }), request(3, 'three'))
    await expect.poll(() => queue.places.queued).toBe(2)
    clock.pass(300)
    await expect.poll(heard).toEqual(['2: -32008'])
    expect(queue.places).toMatchObject({ queued: 1, running: 1 })
    begun[0]!.end('done')
    await expect.poll(() => begun.map(({ method }) => method)).toEqual(['x', 'three'])
  })

  test('who cancels in the queue leaves it unserved', async () => {
    const { say, heard, request, cancel, begun, queue } = await server()
    say(request(1), request(2, 'two'), request(3, 'three'), cancel(2))
    await expect.poll(heard).toEqual(['2: -32800'])
    expect(queue.places).toMatchObject({ queued: 1, running: 1 })
    begun[0]!.end('done')
    await expect.poll(() => begun.map(({ method }) => method)).toEqual(['x', 'three'])
  })

  test('what was waited for counts: who comes to a worker has what is left', async () => {
    const left: unknown[] = []
    const clock = new FakeClock()
    const behind = await dial(await served(({ meta }) => (left.push(meta?.timeoutMs), 'done')))
    const { handler, begun } = stage()
    const call = inheriting(behind.call)
    const handle: Handler = (request, context) => (request.method === 'x' ? handler(request, context) : call('y'))
    const queue = queued(handle, { workers: 1, clock })
    const { say, heard, request } = await raw(await served(deadlined(queue, clock)))
    say(request(1, 'x', { timeoutMs: 1_000 }), request(2, 'two', { timeoutMs: 300 }), request(3, 'three'), request(4, 'four', { timeoutMs: 500 }))
    await expect.poll(() => queue.places.queued).toBe(3)
    clock.pass(120)
    begun[0]!.end('done')
    await expect.poll(heard).toEqual(['1: "done"', '2: "done"', '3: "done"', '4: "done"'])
    expect(left, 'each its own').toEqual([180, undefined, 380])
  })

  test('who has expired while the processor was busy is not served either', async () => {
    const { say, heard, request, clock, begun, queue } = await server()
    say(request(1), ...[2, 3, 4].map((id) => request(id, 'late', { timeoutMs: 300 })))
    await expect.poll(() => queue.places.queued).toBe(3)
    clock.skip(300) // no timer had its turn
    begun[0]!.end('done')
    await expect.poll(heard).toEqual(['1: "done"', '2: -32008', '3: -32008', '4: -32008'])
    expect(begun).toHaveLength(1)
    expect(clock.timers).toBe(0)
    expect(queue.places).toMatchObject({ queued: 0, running: 0 })
  })

  test('who runs and is over has its place until the handler has ended, which hears it', async () => {
    const queue = queued(inTime(answer), { workers: 1 })
    const peer = await dial(await served(deadlined(queue)))
    const calls = Array.from({ length: 5 }, () => outcome(deadlined(peer.call, 50)('sleep', [60_000])))
    expect(await Promise.all(calls)).toEqual(Array(5).fill(-32008))
    await expect.poll(() => queue.places).toEqual({ accepted: 5, answered: 5, queued: 0, running: 0 })
    expect(await peer.call('say', ['still here'])).toBe('You said: still here')
  })

  test('a thousand impatient calls keep a patient one from nothing but its turn', async () => {
    const queue = queued(inTime(answer), { workers: 2, capacity: 2_000 })
    const at = await served(deadlined(queue))
    const [hasty, patient] = [await dial(at), await dial(at)]
    const calls = Array.from({ length: 1_000 }, () => outcome(deadlined(hasty.call, 100)('sleep', [60_000])))
    expect(await patient.call('say', ['my turn'])).toBe('You said: my turn')
    expect(new Set(await Promise.all(calls))).toEqual(new Set([-32008]))
    await expect.poll(() => queue.places).toMatchObject({ queued: 0, running: 0 })
  })
})
