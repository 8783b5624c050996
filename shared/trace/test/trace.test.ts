import { expect, it, vi } from 'vitest'
import { now, trace, traceChannel } from '../src/index.ts'
import { eventsOf } from './support.ts'

/** One event of each kind. */
function everything(id: unknown = 1): void {
  trace.called('say', 8080, id)
  trace.requestSent(8080, id)
  trace.requestReceived('say', 8080, id)
  trace.queued('say', 8080, id)
  trace.dequeued('say', 8080, id)
  trace.working('say', 8080, id)
  trace.enter('run', 'say', 8080, id)
  trace.enter('kernel', 'send')
  trace.mark('now')
  trace.leave('kernel', 'send')
  trace.leave('run', 'say')
  trace.worked('say', 8080, id)
  trace.replySent('say', 8080, id)
  trace.replyReceived(8080, id)
  trace.settled('say', 8080, id)
}

it('costs nothing but a look when nobody listens: no clock is read, no event is made', () => {
  const toString = vi.fn(() => '1')
  const clock = vi.spyOn(process.hrtime, 'bigint')
  const publish = vi.spyOn(traceChannel, 'publish')
  expect(trace.on).toBe(false)
  everything({ toString })
  trace.ran('say', 8080, { toString }, () => {})
  expect(clock).not.toHaveBeenCalled()
  expect(toString).not.toHaveBeenCalled()
  expect(publish).not.toHaveBeenCalled()
  vi.restoreAllMocks()
})

it('a call is made for a request if it begins while that makes its calls', () => {
  const made = eventsOf(() => {
    trace.called('say', 1, 1)
    const inner = trace.because(8080, 'a', () => {
      trace.called('say', 1, 2)
      expect(() => trace.because(8081, 7, () => { throw new Error('no') })).toThrow('no')
      trace.called('say', 1, 3)
      return 'what it makes'
    })
    expect(inner).toBe('what it makes')
    trace.called('say', 1, 4)
  })
  expect(made.map(({ args }) => args)).toEqual([undefined, { for: '8080:a' }, { for: '8080:a' }, undefined])
  expect(trace.because(8080, { toString: () => expect.fail() }, () => 'as it is')).toBe('as it is')
})

it('is on while somebody listens', () => {
  const seen: boolean[] = []
  eventsOf(() => seen.push(trace.on))
  expect([...seen, trace.on]).toEqual([true, false])
})

it('publishes an event for each call', () => {
  const common = { pid: process.pid, tid: expect.any(Number), ts: expect.any(Number) }
  const call = { ...common, name: 'say', id: '8080:1' }
  const arrow = { ...common, ph: 'X', cat: 'wire', dur: 0, id: '8080:1' }
  const request = { ...arrow, name: 'request', bind_id: '8080a1b' }
  const reply = { ...arrow, name: 'reply', bind_id: '8080a1c' }
  expect(eventsOf(everything)).toEqual([
    { ...call, ph: 'b', cat: 'call' },
    { ...request, flow_out: true },
    { ...request, flow_in: true },
    { ...call, ph: 'b', cat: 'handle' },
    { ...call, ph: 'b', cat: 'queue' },
    { ...call, ph: 'e', cat: 'queue' },
    { ...call, ph: 'b', cat: 'work' },
    { ...call, ph: 'B', cat: 'run' },
    { ...common, ph: 'B', cat: 'kernel', name: 'send' },
    { ...common, ph: 'i', cat: 'mark', name: 'now', s: 't' },
    { ...common, ph: 'E', cat: 'kernel', name: 'send' },
    { ...common, ph: 'E', cat: 'run', name: 'say' },
    { ...call, ph: 'e', cat: 'work' },
    { ...call, ph: 'e', cat: 'handle' },
    { ...reply, flow_out: true },
    { ...reply, flow_in: true },
    { ...call, ph: 'e', cat: 'call' },
  ])
})

it('has a clock that never runs backwards, in microseconds', () => {
  const times = Array.from({ length: 1000 }, now)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  const began = now()
  const beganMs = performance.now()
  while (performance.now() < beganMs + 2);
  expect(now() - began).toBeGreaterThanOrEqual(1_900)
})

it('ran: the span ends with the function, and the result or the error comes through', () => {
  const run = () => trace.ran('say', 8080, 1, () => (trace.mark('inside'), 'result'))
  expect(run()).toBe('result')
  expect(eventsOf(run).map(({ ph }) => ph)).toEqual(['B', 'i', 'E'])
  const fail = () => trace.ran('say', 8080, 1, () => { throw new Error('oops') })
  expect(fail).toThrow('oops')
  expect(eventsOf(() => expect(fail).toThrow('oops')).map(({ ph }) => ph)).toEqual(['B', 'E'])
})
