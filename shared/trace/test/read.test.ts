import { describe, expect, it } from 'vitest'
import { readTrace, spansOf } from '../src/index.ts'
import type { TraceEvent } from '../src/index.ts'

const at = (ts: number, ph: TraceEvent['ph'], name: string, more: Partial<TraceEvent> = {}): TraceEvent => ({
  ph, cat: 'run', name, ts, pid: 1, tid: 0, ...more,
})
const brief = (events: readonly TraceEvent[]) => spansOf(events).map(({ name, start, end }) => [name, start, end])

describe('spansOf', () => {
  it('joins nested spans of a thread from the inside out', () => {
    const events = [at(1, 'B', 'a'), at(2, 'B', 'b'), at(3, 'E', 'b'), at(4, 'B', 'c'), at(5, 'E', 'c'), at(9, 'E', 'a')]
    expect(brief(events)).toEqual([['a', 1, 9], ['b', 2, 3], ['c', 4, 5]])
  })

  it('keeps the threads and processes apart', () => {
    const events = [
      at(1, 'B', 'a'), at(2, 'B', 'b', { tid: 1 }), at(3, 'B', 'c', { pid: 2 }),
      at(4, 'E', 'a'), at(5, 'E', 'b', { tid: 1 }), at(6, 'E', 'c', { pid: 2 }),
    ]
    expect(brief(events)).toEqual([['a', 1, 4], ['b', 2, 5], ['c', 3, 6]])
  })

  it('joins the spans of a call by category and id, whatever lies between', () => {
    const call = { cat: 'call', id: '1:1' } as const
    const other = { cat: 'call', id: '1:2' } as const
    const handle = { cat: 'handle', id: '1:1' } as const
    const events = [
      at(1, 'b', 'a', call), at(2, 'b', 'b', other), at(3, 'b', 'a', handle),
      at(4, 'e', 'a', call), at(5, 'e', 'a', handle), at(6, 'e', 'b', other),
    ]
    expect(spansOf(events).map(({ cat, id, start, end }) => [cat, id, start, end])).toEqual([
      ['call', '1:1', 1, 4], ['call', '1:2', 2, 6], ['handle', '1:1', 3, 5],
    ])
  })

  it('ends what was still open where the trace ends', () => {
    const events = [at(1, 'B', 'a'), at(2, 'b', 'b', { cat: 'call', id: '1:1' }), at(7, 'i', 'last')]
    expect(brief(events)).toEqual([['a', 1, 7], ['b', 2, 7]])
  })

  it('passes over an end without a beginning', () => {
    expect(brief([at(1, 'E', 'a'), at(2, 'B', 'b'), at(3, 'E', 'b'), at(4, 'e', 'c', { id: '1' })])).toEqual([['b', 2, 3]])
    expect(spansOf([])).toEqual([])
  })
})

it('readTrace merges files by time, and keeps the order of what has the same time', () => {
  const files = [[at(1, 'B', 'a'), at(5, 'E', 'a')], [at(0, 'M', 'm'), at(5, 'i', 'x')]]
  const names = readTrace(...files.map((file) => JSON.stringify(file))).map(({ name, ph }) => `${ph} ${name}`)
  expect(names).toEqual(['M m', 'B a', 'E a', 'i x'])
})
