import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gantt, legend } from '../src/index.ts'
import type { TraceEvent } from '../src/index.ts'
import { trade } from './trade.ts'

const ms = 1000
const named = (pid: number, tid: number, name: string): TraceEvent => ({
  ph: 'M', cat: '__metadata', name: tid === 0 ? 'process_name' : 'thread_name', ts: 0, pid, tid, args: { name },
})
const spent = (cat: 'run' | 'kernel', pid: number, tid: number, from: number, to: number, id?: string): TraceEvent[] => [
  { ph: 'B', cat, name: cat, ts: from, pid, tid, ...(id === undefined ? {} : { id }) },
  { ph: 'E', cat, name: cat, ts: to, pid, tid },
]
const sorted = (events: readonly TraceEvent[]) => events.toSorted((a, b) => a.ts - b.ts)

/** Two calls of one client; the server sleeps in the kernel, works, and lets the second one wait. */
const twoCalls = sorted([
  named(1, 0, 'client'),
  named(2, 0, 'server'),
  named(2, 1, 'worker 1'),
  ...trade({ id: '5000:1', start: 0, there: 4 * ms, queue: 0, handle: 20 * ms, back: 4 * ms, give: 0 }),
  ...trade({ id: '5000:2', start: 4 * ms, there: 4 * ms, queue: 16 * ms, handle: 24 * ms, back: 12 * ms, give: 4 * ms }),
  ...spent('kernel', 2, 0, 0, 4 * ms),
  ...spent('run', 2, 0, 4 * ms, 8 * ms, '5000:1'),
  ...spent('kernel', 2, 0, 8 * ms, 24 * ms),
  ...spent('run', 2, 0, 24 * ms, 24.2 * ms, '5000:2'),
  ...spent('kernel', 2, 0, 24.2 * ms, 60 * ms),
  ...spent('kernel', 1, 0, 0, 64 * ms),
])

const lines = (chart: string) => chart.split('\n')

describe('gantt', () => {
  it('draws calls, then threads, then the time', () => {
    expect(gantt(twoCalls)).toBe(
      [
        '1 say         ────████░░░░░░░░░░░░░░░░────',
        '2 say             ────▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▏░░░░░░░░░░░░░░░░░░░░░░░────────────────',
        'client        ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
        'server        ░░░░████░░░░░░░░░░░░░░░░▏░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
        '              0                                                          64 ms',
      ].join('\n'),
    )
  })

  it('fits into other widths', () => {
    expect(lines(gantt(twoCalls, 46)).map((line) => line.trimEnd())).toEqual([
      '1 say         ──██░░░░░░░░──',
      '2 say           ──▒▒▒▒▒▒▒▒▏░░░░░░░░░░░────────',
      'client        ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      'server        ░░██░░░░░░░░▏░░░░░░░░░░░░░░░░░',
      '              0                          64 ms',
    ])
  })

  it('is never wider than it may be, and has a row for each call', () => {
    const us = fc.nat(10_000_000)
    const call = fc.record({ start: us, there: us, queue: us, handle: us, back: us, give: us })
    const name = fc.string({ unit: 'binary-ascii', maxLength: 40 })
    fc.assert(
      fc.property(fc.array(call, { minLength: 1, maxLength: 4 }), name, fc.integer({ min: 30, max: 200 }), (calls, name, width) => {
        const events = calls.flatMap((call, i) => trade({ ...call, id: `1:${i}` }))
        const chart = gantt(sorted([named(1, 0, name), ...spent('run', 1, 0, 5, 10), ...events]), width)
        expect(Math.max(...lines(chart).map((line) => [...line].length))).toBeLessThanOrEqual(width)
        if (/^[ -~]*$/.test(name)) expect(lines(chart)).toHaveLength(calls.length + 2)
      }),
    )
  })

  it('shows what was still going on when the trace ended, until its end', () => {
    const begun = trade({ id: '1:1', start: 0, there: 10, queue: 0, handle: 10, back: 10, give: 0 }).slice(0, 4)
    const chart = gantt([...begun, { ph: 'i', cat: 'mark', name: 'killed', ts: 20, pid: 1, tid: 0, s: 't' }], 34)
    expect(lines(chart)[0]).toBe('1 say         ──────────░░░░░░░░░░')
  })

  it('has no row for a thread that recorded no span', () => {
    const chart = gantt(sorted([named(1, 7, 'idle'), ...twoCalls]))
    expect(chart).not.toContain('idle')
    expect(chart).not.toContain('worker 1')
  })

  it('numbers the threads of one name in the order of their first calls', () => {
    const call = (pid: number, start: number) =>
      trade({ id: `${pid}:1`, start, there: ms, queue: 0, handle: ms, back: ms, give: 0 }).map((event) => ({
        ...event,
        pid: event.pid === 1 ? pid : 2,
      }))
    const events = sorted([
      ...[7, 1, 5].map((pid) => named(pid, 0, 'client')),
      named(2, 0, 'server'),
      ...call(5, 0), ...call(7, 4 * ms), ...call(1, 8 * ms),
      ...spent('kernel', 5, 0, 0, 4 * ms), ...spent('kernel', 7, 0, 4 * ms, 8 * ms),
      ...spent('kernel', 1, 0, 8 * ms, 11 * ms), ...spent('run', 2, 0, 1, 2),
    ])
    const rows = lines(gantt(events, 36)).filter((line) => /^(client|server)/.test(line))
    expect(rows.map((line) => line.trimEnd())).toEqual([
      'client 1      ░░░░░░░░',
      'client 2              ░░░░░░░░',
      'client 3                      ░░░░░░',
      'server        ▏',
    ])
  })

  it('of a call that took no time is empty', () => {
    const [begun] = trade({ id: '1:1', start: 5, there: 0, queue: 0, handle: 0, back: 0, give: 0 })
    expect(lines(gantt([begun!], 30))).toEqual(['1 say', '              0        0.00 ms'])
  })

  it('of nothing says so', () => {
    expect(gantt([])).toBe('no calls')
  })

  it('explains each of its marks', () => {
    for (const mark of '─▒█▏░') expect(legend).toContain(mark)
  })
})
