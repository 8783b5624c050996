import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { recordingOf, steps } from './course.ts'
import type { Step } from './course.ts'
import { root, textOf } from './source.ts'
import { layout } from './theme/timeline/layout.ts'
import type { Span, TraceEvent } from './theme/timeline/layout.ts'

/** The five fetches under one way of waiting, as the client saw them; times in milliseconds. */
export interface FiveCalls {
  number: string
  /** It is one of the ways of waiting, which are drawn to one scale. */
  compared: boolean
  /** From the first call to the last answer. */
  total: number
  calls: Pick<Span, 'start' | 'end'>[]
  /** What the client's thread did meanwhile. */
  thread: Pick<Span, 'kind' | 'name' | 'start' | 'end'>[]
}

/** Reduces a step's trace to what the client saw of it. */
export function fiveCalls({ number, part }: Step, events: readonly TraceEvent[]): FiveCalls {
  const { spans } = layout(events)
  const calls = spans.filter(({ kind }) => kind === 'call')
  const begin = Math.min(...calls.map(({ start }) => start))
  const lane = calls[0]?.lane
  const thread = spans.filter((span) => span.lane === lane && span.row < 0 && span.depth === 0)
  const round = (ms: number) => Math.round((ms - begin) * 100) / 100
  return {
    number,
    compared: part === 'waiting',
    total: round(Math.max(...calls.map(({ end }) => end))),
    calls: calls.map(({ start, end }) => ({ start: round(start), end: round(end) })),
    thread: thread.map(({ kind, name, start, end }) => ({
      kind,
      name,
      start: round(start),
      end: round(end),
    })),
  }
}

/** The five fetches of every step that has them recorded. */
export function fiveCallsOf(): FiveCalls[] {
  return steps.flatMap((step) => {
    const file = recordingOf(`${step.number}-five-fetches.json`)
    return existsSync(join(root, file))
      ? [fiveCalls(step, JSON.parse(textOf(file)) as TraceEvent[])]
      : []
  })
}

export declare const data: FiveCalls[]

export default { watch: ['../steps/*/traces/*-five-fetches.json'], load: fiveCallsOf }
