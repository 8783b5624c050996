import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { spansOf } from '../src/index.ts'
import type { TraceEvent } from '../src/index.ts'
import { eventsOfOtlp, isOtlp } from '../src/otlp.ts'

// A client, two workers and NATS between them: steps/13-scale-out/tried/traced.ts with --spans.
const file = readFileSync(new URL('fixtures/spans.jsonl', import.meta.url), 'utf8')
const lines = file.trimEnd().split('\n')

const namesOf = (events: readonly TraceEvent[]) => new Map(events.filter(({ ph }) => ph === 'M').map(({ pid, args }) => [pid, args!['name']]))
function told(events: TraceEvent[]): string[] {
  const names = namesOf(events)
  return spansOf(events.filter(({ ph }) => ph !== 'M')).map(({ pid, cat, name }) => `${names.get(pid)} ${cat} ${name}`)
}
const span = (more: object = {}) => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'say', kind: 3, startTimeUnixNano: '1000', endTimeUnixNano: '2000', ...more })
const document = (...spans: unknown[]) => JSON.stringify({ resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ spans }] }] })

describe('spans', () => {
  test('of three programs become calls, what handled them, and the time in the broker', () => {
    const events = eventsOfOtlp(file)
    expect(told(events)).toEqual([
      'client call relay', 'nats queue front.call', 'first handle relay', 'first call say', 'nats queue back.call', 'second handle say',
    ])
    const way = events.filter(({ cat }) => cat === 'wire').map(({ name, pid, flow_out }) => `${namesOf(events).get(pid)} ${flow_out ? 'sends' : 'has'} ${name}`)
    expect(way).toEqual([
      'client sends request', 'first has request', 'first sends request', 'second has request',
      'second sends reply', 'first has reply', 'first sends reply', 'client has reply',
    ])
    const ids = (cat: string) => events.filter((event) => event.cat === cat && event.ph === 'b').map(({ id }) => id)
    expect(ids('call')).toEqual(ids('handle'))
    const cause = events.find(({ ph, cat, name }) => ph === 'b' && cat === 'call' && name === 'say')!.args!['for']
    expect(cause).toBe(ids('call')[0])
  })

  test('go by the same ids, whatever file they are in', () => {
    const idsIn = (text: string) => new Set(eventsOfOtlp(text).flatMap(({ id }) => id ?? []))
    const together = idsIn(file)
    expect(together.size).toBe(2)
    for (const part of [lines.slice(0, 2), lines.slice(2, 5), lines.slice(5)]) {
      for (const id of idsIn(part.join('\n'))) expect(together).toContain(id)
    }
  })

  test('may be one JSON text, with line ends in it', () => {
    const resourceSpans = lines.flatMap((line) => (JSON.parse(line) as { resourceSpans: unknown[] }).resourceSpans)
    expect(told(eventsOfOtlp(JSON.stringify({ resourceSpans }, null, 2)))).toEqual(told(eventsOfOtlp(file)))
  })

  test('keep their microseconds', () => {
    const [, begin, end] = eventsOfOtlp(document(span({ startTimeUnixNano: '1796028694617009033', endTimeUnixNano: '1796028694617012033' })))
    expect(end!.ts - begin!.ts).toBeCloseTo(3, 0)
  })

  test('with items say how many passed', () => {
    const events = [
      { name: 'first received', timeUnixNano: '1100' },
      { name: 'last received', timeUnixNano: '1900', attributes: [{ key: 'items', value: { intValue: 1000 } }] },
      { name: 'exception', timeUnixNano: '1950' },
    ]
    const items = eventsOfOtlp(document(span({ events }))).filter(({ ph }) => ph === 'n')
    expect(items).toMatchObject([{ name: 'received', args: { count: 1 } }, { name: 'received', args: { count: 999 } }])
  })

  test('of a caller who gave up have no answer', () => {
    const late = span({ spanId: 'c'.repeat(16), parentSpanId: 'b'.repeat(16), kind: 2, startTimeUnixNano: '1500', endTimeUnixNano: '9000' })
    const events = eventsOfOtlp(document(span(), late))
    expect(events.filter(({ flow_in }) => flow_in).map(({ name }) => name)).toEqual(['request'])
  })

  test('of two programs that say the same number are two', () => {
    const resource = (id: string) => ({ attributes: [{ key: 'process.pid', value: { intValue: 7 } }, { key: 'service.instance.id', value: { stringValue: id } }] })
    const text = JSON.stringify({ resourceSpans: ['a', 'b'].map((id) => ({ resource: resource(id), scopeSpans: [{ spans: [span()] }] })) })
    expect(new Set(eventsOfOtlp(text).map(({ pid }) => pid))).toEqual(new Set([7, 8]))
  })

  test('may lead in a circle', () => {
    const [a, b] = ['b'.repeat(16), 'c'.repeat(16)]
    const events = eventsOfOtlp(document(span({ parentSpanId: b }), span({ spanId: b, parentSpanId: a, kind: 1 }), span({ spanId: 'd'.repeat(16), parentSpanId: 'd'.repeat(16), kind: 2 })))
    expect(told(events)).toEqual(['program call say', 'program handle say'])
  })
})

test.each([
  ['{"resourceSpans":7}', 'line 1: "resourceSpans" must be a list of objects'],
  ['{"resourceSpans":[null]}', 'line 1: "resourceSpans" must be a list of objects'],
  ['{"resourceSpans":[{}]}', 'line 1: "scopeSpans" must be a list of objects'],
  [`${lines[0]}\n{"resourceSpans":`, 'line 2: this is no JSON'],
  [`${lines[0]}\n[]`, 'line 2: "resourceSpans" must be a list of objects'],
  [document(span({ name: 5 })), 'line 1: a span has no text "name"'],
  [document(span({ spanId: 'x' })), 'line 1: the ids of a span must be 16 hexadecimal digits'],
  [document(span({ parentSpanId: {} })), 'line 1: the ids of a span must be 16 hexadecimal digits'],
  [document(span({ startTimeUnixNano: '1e3' })), 'line 1: a time of a span must be a number of nanoseconds'],
  [document(span({ events: [{ name: 'first sent', timeUnixNano: null }] })), 'line 1: a time of a span must be a number of nanoseconds'],
  [document(span({ attributes: 'x' })), 'line 1: "attributes" must be a list of objects'],
])('what is no span is told with its place: %.60s', (text, message) => {
  expect(isOtlp(text)).toBe(true)
  expect(() => eventsOfOtlp(text)).toThrow(message)
})

test('a trace of ours is none of theirs', () => {
  expect(isOtlp('[\n{"ph":"M","name":"resourceSpans"}]')).toBe(false)
})
