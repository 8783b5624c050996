import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { bandOf, edgeOf, placesOf } from '../theme/timeline/geometry.ts'
import { layout, marks, milliseconds, shortNames, stamp, summary, ticks } from '../theme/timeline/layout.ts'
import type { TraceEvent } from '../theme/timeline/layout.ts'
import type { TraceEvent as RecordedEvent } from '@rpc-steps/trace'
import { recordingOf } from '../course.ts'
import { tidy } from '../record/tidy.ts'
import { pages, textOf } from '../source.ts'
import { kindsIn } from '../theme/timeline/together.ts'
import { allAtOnce, inPieces, oneAfterAnother, oneInAQueue, throughTwo } from './fixtures/traces.ts'

describe('layout', () => {
  test('puts callers above the servers they call', () => {
    const { lanes } = layout(allAtOnce())
    expect(lanes).toMatchObject([
      { process: 'client', thread: 'main', rows: 5, asks: 0, client: true },
      { process: 'server', thread: 'main', rows: 5, asks: 0, client: false },
    ])
  })

  test('knows when each process was last heard of', () => {
    const { lanes, duration } = layout(allAtOnce())
    expect(lanes[0]?.end).toBe(duration)
    expect(lanes[1]?.end).toBeLessThan(duration)
  })

  test('has the items of a stream on both sides of its call, and tells of them', () => {
    const { lanes, items, moments } = layout(inPieces())
    const told = items.map(({ span, what, count, at }) => [span.kind, lanes[span.lane]!.process, what, count, at])
    expect(told).toEqual([
      ['handle', 'server', 'sent', 3, 20],
      ['call', 'client', 'received', 3, 21],
      ['handle', 'server', 'sent', 1, 50],
      ['call', 'client', 'received', 1, 51],
    ])
    const texts = moments.map(({ text }) => text)
    expect(texts).toContain('server: sends 3 items of fetch 1')
    expect(texts).toContain('client: has 1 item of fetch 1')
  })

  test('has the memory of a process where the trace says so, and room for it', () => {
    const { lanes } = layout(inPieces())
    expect(lanes.map(({ memory }) => memory)).toEqual([[], [{ at: 0.5, mib: 50 }, { at: 60, mib: 80 }]])
    const { places, height } = placesOf(lanes)
    const plain = placesOf(lanes.map((lane) => ({ ...lane, memory: [] })))
    expect(height).toBeGreaterThan(plain.height)
    const { top, bottom } = places[1]!.memory
    expect(top).toBeGreaterThan(places[1]!.rows + 20 - 2) // below its one row
    expect(bottom).toBeLessThan(places[1]!.label - 10)
    expect(kindsIn([layout(inPieces())])).toEqual(['call', 'handle', 'idle', 'message', 'items', 'memory'])
  })

  test('tells a call that was given up from one that was answered', () => {
    const cut = inPieces().filter(({ name, flow_in }) => !(name === 'reply' && flow_in))
    const calls = (trace: ReturnType<typeof inPieces>) => layout(trace).spans.filter(({ kind }) => kind === 'call')
    expect(calls(inPieces()).map(({ unanswered }) => unanswered)).toEqual([undefined])
    expect(calls(cut).map(({ unanswered }) => unanswered)).toEqual([true])
    expect(layout(cut).moments.map(({ text }) => text).find((text) => text.includes('gives up'))).toMatch(/^client: gives up fetch 1, /)
    // Where the wire was not seen, nobody knows.
    const unseen = cut.filter(({ flow_out }) => !flow_out)
    expect(calls(unseen).map(({ unanswered }) => unanswered)).toEqual([undefined])
  })

  test('counts milliseconds from the first event', () => {
    const { duration, spans } = layout(oneAfterAnother())
    expect(duration).toBeCloseTo(1032.8, 5)
    const calls = spans.filter(({ kind }) => kind === 'call')
    expect(calls.map(({ start }) => Math.round(start))).toEqual([0, 121, 421, 622, 872])
    expect(calls.map(({ row }) => row)).toEqual([0, 1, 2, 3, 4])
  })

  test('keeps a request and its handling in the same row', () => {
    const { spans } = layout(allAtOnce())
    for (const handle of spans.filter(({ kind }) => kind === 'handle')) {
      const call = spans.find((span) => span.kind === 'call' && span.call === handle.call)
      expect(handle.row).toBe(call?.row)
    }
  })

  test('shows where a request is: queued, then with a worker, inside of its handling', () => {
    const { spans, moments } = layout(oneInAQueue())
    const [handle, queue, work] = (['handle', 'queue', 'work'] as const).map(
      (kind) => spans.find((span) => span.kind === kind && span.call === '5000:2')!,
    )
    expect([queue!.start, queue!.end, work!.end]).toEqual([handle!.start, work!.start, handle!.end])
    expect([queue!.row, work!.row]).toEqual([handle!.row, handle!.row])
    expect(kindsIn([layout(oneInAQueue())])).toEqual(['call', 'handle', 'queue', 'work', 'idle', 'message'])
    expect(moments.map(({ text }) => text)).toEqual(
      expect.arrayContaining(['server: queues fetch 2 for 20 ms', 'server: has a worker on fetch 2 for 30 ms']),
    )
    const { places } = placesOf(layout(oneInAQueue()).lanes)
    const [outer, ...inner] = [handle!, queue!, work!].map((span) => bandOf(span, places[span.lane]!))
    for (const { y, height } of inner) {
      expect(y).toBeGreaterThan(outer!.y)
      expect(y + height).toBeLessThan(outer!.y + outer!.height)
    }
  })

  test('joins each message to its arrival', () => {
    const { arrows } = layout(oneAfterAnother())
    expect(arrows).toHaveLength(10)
    for (const { kind, from, to } of arrows) {
      expect([from.lane, to.lane]).toEqual(kind === 'request' ? [0, 1] : [1, 0])
      expect(to.at - from.at).toBeCloseTo(0.1, 5)
    }
  })

  test('does not let a message arrive before it was sent', () => {
    const end = (way: 'flow_out' | 'flow_in', ts: number, pid: number): TraceEvent => ({
      ph: 'X',
      cat: 'wire',
      name: 'request',
      id: '1:1',
      [way]: true,
      ts,
      pid,
      tid: 1,
    })
    expect(layout([end('flow_in', 1000, 2), end('flow_out', 2000, 1)]).arrows).toMatchObject([
      { from: { at: 0 }, to: { at: 0 } },
    ])
  })

  test('keeps lanes in the order of process and thread, whatever happens first', () => {
    const run = (pid: number, tid: number, ts: number): TraceEvent => ({
      ph: 'B',
      cat: 'run',
      name: 'x',
      pid,
      tid,
      ts,
    })
    const { spans } = layout([run(2, 2, 0), run(1, 2, 1), run(2, 1, 2), run(1, 1, 3)])
    expect(spans.map(({ start }) => start * 1000)).toEqual([3, 1, 2, 0])
  })

  test('knows how deep a span lies in its thread', () => {
    const at = (ph: string, name: string, ts: number, cat = 'run'): TraceEvent => ({
      ph,
      name,
      ts,
      cat,
      pid: 1,
      tid: 1,
    })
    const { spans } = layout([
      at('B', 'turn', 0),
      at('B', 'recv', 1000, 'kernel'),
      at('E', 'recv', 2000, 'kernel'),
      at('E', 'turn', 3000),
    ])
    expect(spans.map(({ name, depth, start, end }) => [name, depth, start, end])).toEqual([
      ['turn', 0, 0, 3],
      ['recv', 1, 1, 2],
    ])
  })

  test('lets more than eight calls share rows, without overlap', () => {
    const many = Array.from({ length: 40 }, (_, i): TraceEvent[] => {
      const shared = { cat: 'call', name: 'say', id: `1:${i}`, pid: 1, tid: 1 }
      return [
        { ...shared, ph: 'b', ts: i * 1000 },
        { ...shared, ph: 'e', ts: i * 1000 + 2500 },
      ]
    }).flat()
    const { lanes, spans } = layout(many)
    expect(lanes[0]?.rows).toBe(3)
    for (const a of spans) {
      for (const b of spans) {
        if (a !== b && a.row === b.row) expect(a.end <= b.start || b.end <= a.start).toBe(true)
      }
    }
  })

  test('draws a span that the trace cuts off to its edge', () => {
    const { spans, duration } = layout(oneAfterAnother().filter(({ ph }) => ph !== 'E'))
    expect(duration).toBeGreaterThan(1000)
    expect(spans.filter(({ kind }) => kind === 'kernel').every(({ end }) => end === duration)).toBe(
      true,
    )
  })

  test('draws what a process had in hand to where it was last heard of', () => {
    const killed = allAtOnce().filter(({ pid, ts }) => pid !== 2 || ts <= 1_050_000)
    const seen = { ph: 'C', cat: 'memory', name: 'memory', pid: 2, tid: 1, ts: 1_050_000, args: { MiB: 50 } }
    const { spans, lanes, duration } = layout([...killed, seen])
    const handled = spans.filter(({ kind }) => kind === 'handle')
    expect(handled).toHaveLength(5)
    expect(handled.every(({ end, open }) => open && end === 50)).toBe(true)
    expect([lanes[1]!.end, duration > 300]).toEqual([50, true])
  })

  test('tells the picture in words, in the order of time', () => {
    const { moments } = layout(allAtOnce())
    expect(moments[0]?.text).toBe('client: calls fetch 1')
    expect(moments.at(-1)?.text).toBe('client: has the answer to fetch 2, 300 ms after the call')
    expect(moments.map(({ at }) => at)).toEqual(moments.map(({ at }) => at).sort((a, b) => a - b))
  })

  test('says in one sentence what is to be seen', () => {
    expect(summary(layout(allAtOnce()))).toBe('Timeline: 5 calls by 1 client in 301 ms')
    expect(summary(layout([]))).toBe('A timeline without calls')
  })

  test('puts a server that asks another one between both, with what it asks in rows of their own', () => {
    const { lanes, spans } = layout(throughTwo())
    expect(lanes.map(({ client, rows, asks }) => [client, rows, asks])).toEqual([
      [true, 2, 0],
      [false, 2, 2],
      [false, 2, 0],
    ])
    const { places } = placesOf(lanes)
    const bottomOf = (kind: string, lane: number) =>
      Math.max(...spans.filter((span) => span.kind === kind && span.lane === lane).map((span) => {
        const { y, height } = bandOf(span, places[lane]!)
        return y + height
      }))
    expect(bottomOf('handle', 1)).toBeLessThan(places[1]!.label)
    expect(places[1]!.label).toBeLessThan(places[1]!.calls)
    expect(bottomOf('call', 1)).toBeLessThan(places[1]!.calling)
  })

  test('lets messages go down to whoever is asked, and back up', () => {
    const { arrows, lanes } = layout(throughTwo())
    const { places } = placesOf(lanes)
    const ways = arrows.map(({ kind, from, to }) => {
      const [y1, y2] = [edgeOf(places[from.lane]!, 'from', kind), edgeOf(places[to.lane]!, 'to', kind)]
      // Nothing of a lane lies between the two edges of a message.
      const [upper, lower] = [Math.min(from.lane, to.lane), Math.max(from.lane, to.lane)]
      expect([Math.min(y1, y2), Math.max(y1, y2)]).toEqual([places[upper]!.calling, places[lower]!.called])
      return `${kind} ${from.lane} ${to.lane} ${y1 < y2 ? 'down' : 'up'}`
    })
    expect(new Set(ways)).toEqual(new Set(['request 0 1 down', 'request 1 2 down', 'reply 1 0 up', 'reply 2 1 up']))
  })

  test('links what a server asks to the call that it is made for, by its number', () => {
    const picture = layout(throughTwo())
    expect(Object.fromEntries(shortNames(picture.spans))).toEqual({
      '5000:1': 'relay 1',
      '5000:2': 'relay 2',
      '6000:1': 'sleep 2',
      '6000:2': 'say 1',
    })
    const named = layout(tidy(throughTwo() as RecordedEvent[]))
    expect(summary(named)).toBe('Timeline: 2 calls by 1 client through 2 servers in 2.00 s')
    const circle = throughTwo().map((event) => (event.ph === 'b' && event.cat === 'call' ? { ...event, args: { for: event.id } } : event))
    expect([...shortNames(layout(circle).spans).values()]).toEqual(['relay', 'relay', 'sleep', 'say'])
    // Of a server without its clients, whatever it asks is made for somebody who is not there.
    const alone = layout(throughTwo().filter(({ pid }) => pid === 2))
    expect(summary(alone)).toBe('Timeline: 2 requests')
    expect(shortNames(alone.spans).get('6000:1')).toBe('sleep 1')
  })

  test('takes an empty trace, and events in any order', () => {
    expect(layout([])).toEqual({ duration: 0, lanes: [], spans: [], arrows: [], items: [], moments: [] })
    const expected = layout(oneAfterAnother())
    fc.assert(
      fc.property(
        fc.shuffledSubarray(oneAfterAnother(), { minLength: oneAfterAnother().length }),
        (shuffled) => {
          expect(layout(shuffled).arrows).toEqual(expected.arrows)
          expect(layout(shuffled).spans).toEqual(expected.spans)
        },
      ),
      { numRuns: 30 },
    )
  })
})

test('no page shows a trace twice, for its events would have the same addresses', () => {
  for (const page of pages()) {
    const tags = [...textOf(page).matchAll(/<Timeline [^>]*>/g)].map(([tag]) => tag)
    const names = tags.flatMap((tag) => [...tag.matchAll(/ (?:trace|beside)="(.*?)"/g)].map(([, name]) => name))
    expect(names, page).toEqual([...new Set(names)])
  }
})

test('durations are short and have a unit', () => {
  expect([0.04, 3.14159, 42.4, 999, 1030].map(milliseconds)).toEqual([
    '0.0 ms',
    '3.1 ms',
    '42 ms',
    '999 ms',
    '1.03 s',
  ])
})

test('an axis has round marks that end before the picture does', () => {
  expect(ticks(1030)).toEqual([0, 200, 400, 600, 800, 1000])
  expect(ticks(0)).toEqual([0])
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 1e6, noNaN: true }), (duration) => {
      const marks = ticks(duration)
      expect(marks.length).toBeGreaterThan(1)
      expect(marks.length).toBeLessThanOrEqual(8)
      expect(marks.at(-1)).toBeLessThanOrEqual(duration * (1 + 1e-6))
    }),
  )
})

test('a picture that is over in a moment is told in microseconds', () => {
  const slept = (from: number, to: number) =>
    (['B', 'E'] as const).map((ph, i): TraceEvent => ({ ph, cat: 'kernel', name: 'recv', ts: i === 0 ? from : to, pid: 1, tid: 0 }))
  const { moments } = layout([...slept(0, 40), ...slept(50, 51), ...slept(100, 400)])
  expect(moments.map(({ text }) => text.replace(/^.*: /, ''))).toEqual([
    'sleeps in the kernel in recv for 40 µs',
    'sleeps in the kernel in recv for 0.3 ms',
  ])
})

describe('a run that goes on', () => {
  const now = 1_100_000
  const sofar = oneAfterAnother().filter(({ ts }) => ts <= now)

  test('ends now, and so does what has not ended', () => {
    const { duration, spans, lanes } = layout(sofar, now)
    expect(duration).toBe(100)
    expect(spans.filter(({ open }) => open).map(({ kind, end }) => [kind, end])).toEqual([
      ['call', 100],
      ['kernel', 100],
      ['handle', 100],
      ['kernel', 100],
    ])
    expect(lanes.map(({ end }) => end)).toEqual([100, 100])
  })

  test('tells no end that was not seen', () => {
    expect(layout(sofar, now).moments.map(({ text }) => text)).toEqual([
      'client: calls fetch 1',
      'client: sends the request of fetch 1',
      'client: sleeps in the kernel in recv',
      'server: begins to handle fetch 1',
      'server: sleeps in the kernel in nanosleep',
    ])
  })

  test('can be drawn at any time', () => {
    const all = oneAfterAnother()
    fc.assert(
      fc.property(fc.subarray(all), fc.option(fc.nat(3_000_000)), (part, now) => {
        const { duration, spans, lanes, moments } = layout(part, now ?? undefined)
        for (const { start, end, lane } of spans) {
          expect(start).toBeGreaterThanOrEqual(0)
          expect(end).toBeGreaterThanOrEqual(start)
          expect(end).toBeLessThanOrEqual(duration)
          expect(lanes[lane]).toBeDefined()
        }
        for (const { at, span, arrow } of moments) {
          expect(at).toBeLessThanOrEqual(duration)
          expect(Number(span !== undefined) + Number(arrow !== undefined)).toBe(1)
        }
      }),
    )
  })
})

test('a stretch of time has marks in the digits that it needs', () => {
  expect(marks(0, 1030).map(({ text }) => text)).toEqual(['0', '500 ms', '1 s'])
  expect(marks(120, 124).map(({ text }) => text)).toEqual([
    '120 ms',
    '121 ms',
    '122 ms',
    '123 ms',
    '124 ms',
  ])
  expect(marks(0.31, 0.9, 3).map(({ text }) => text)).toEqual(['0.4 ms', '0.6 ms', '0.8 ms'])
  expect(stamp(1030.44)).toBe('1,030.4 ms')
})

describe('in pixels', () => {
  const threads = JSON.parse(textOf(recordingOf('01-five-clients-threads.json'))) as TraceEvent[]

  test.each([
    ['one thread', oneAfterAnother()],
    ['many', threads],
    ['a chain', throughTwo()],
  ])('no lane reaches into another: %s', (_, trace) => {
    const { lanes, spans } = layout(trace)
    const { places, height } = placesOf(lanes)
    const bands = lanes.map((_, lane) => {
      const own = spans.filter((span) => span.lane === lane)
      const rows = own.map((span) => bandOf(span, places[lane]!))
      const { label, calling, called } = places[lane]!
      return {
        top: Math.min(label - 10, calling, called, ...rows.map(({ y }) => y)),
        bottom: Math.max(label, calling, called, ...rows.map(({ y, height }) => y + height)),
      }
    })
    bands.slice(1).forEach(({ top }, i) => expect(top).toBeGreaterThan(bands[i]!.bottom))
    expect(bands.at(-1)!.bottom).toBeLessThanOrEqual(height)
  })
})
