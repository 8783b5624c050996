import type { TraceEvent } from './event.ts'

/**
 * The events of one or several trace files, in order of time. A file that a killed process left
 * without its last bracket is read all the same. Throws SyntaxError on anything else.
 */
export function readTrace(...texts: string[]): TraceEvent[] {
  const events = texts.flatMap((text) => {
    const whole = text.trimEnd().endsWith(']') ? text : text.trimEnd() + ']'
    return JSON.parse(whole) as TraceEvent[]
  })
  return events.sort((a, b) => a.ts - b.ts)
}

/** A span of time with its place: a thread's, or with an id a call's. Times in microseconds. */
export interface Span {
  cat: TraceEvent['cat']
  name: string
  pid: number
  tid: number
  id: string | undefined
  start: number
  end: number
}

/** Joins beginnings and ends. A span that was still open when the trace ended, ends with it. */
export function spansOf(events: readonly TraceEvent[]): Span[] {
  const spans: Span[] = []
  const open = new Map<string, Span[]>()
  const last = events.at(-1)?.ts ?? 0
  for (const { ph, cat, name, ts, pid, tid, id } of events) {
    if (ph !== 'B' && ph !== 'E' && ph !== 'b' && ph !== 'e') continue
    const ofThread = ph === 'B' || ph === 'E'
    const lane = ofThread ? `${pid}/${tid}` : `${pid}/${cat}/${id}`
    const stack = open.get(lane) ?? []
    open.set(lane, stack)
    if (ph === 'B' || ph === 'b') {
      const span: Span = { cat, name, pid, tid, id, start: ts, end: last }
      stack.push(span)
      spans.push(span)
    } else {
      const span = stack.pop()
      if (span) span.end = ts
    }
  }
  return spans
}
