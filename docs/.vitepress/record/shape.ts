import { spansOf } from '@rpc-steps/trace'
import type { Span, TraceEvent } from '@rpc-steps/trace'

/** What must stay the same when a trace is recorded again, whatever the speed of the machine. */
export interface Shape {
  /** How many calls were in flight at the same time, at most. */
  inFlight: number
  /** How many requests the server had in hand at the same time, at most. */
  inHand: number
  /** What each process slept in or ran for long, such as `server: kernel recv`. */
  long: string[]
}

/** A span is long, and two moments are clearly apart, from so many microseconds on. */
const long = 60_000
const apart = 30_000

/** The shape of a tidy trace. */
export function shapeOf(events: readonly TraceEvent[]): Shape {
  const spans = spansOf(events)
  const names = new Map(
    events
      .filter(({ ph, name }) => ph === 'M' && name === 'process_name')
      .map(({ pid, args }) => [pid, String(args?.['name'] ?? '').replace(/ \d+$/, '')]),
  )
  const lasting = spans
    .filter(({ cat, start, end }) => (cat === 'kernel' || cat === 'run') && end - start >= long)
    .map(({ cat, name, pid }) => `${names.get(pid) ?? pid}: ${cat} ${name}`)
  return {
    inFlight: most(spans.filter(({ cat }) => cat === 'call')),
    inHand: most(spans.filter(({ cat }) => cat === 'handle')),
    long: [...new Set(lasting)].sort(),
  }
}

function most(spans: readonly Span[]): number {
  return Math.max(
    0,
    ...spans.map(({ start }) => spans.filter((s) => s.start <= start && start < s.end).length),
  )
}

/**
 * Which of two moments came first, for every two ends of calls that lay clearly apart: the partial
 * order that another run must keep. Meant for one client: the order among several is chance.
 */
export function order(events: readonly TraceEvent[]): [string, string][] {
  const moments = [...momentsOf(events)]
  return moments.flatMap(([a, at]) =>
    moments.filter(([, later]) => later - at >= apart).map(([b]): [string, string] => [a, b]),
  )
}

/** The pairs of `expected` that another run has the other way round or lacks. */
export function broken(
  expected: readonly [string, string][],
  events: readonly TraceEvent[],
): string[] {
  const at = momentsOf(events)
  return expected
    .filter(([a, b]) => !((at.get(a) ?? Infinity) < (at.get(b) ?? -Infinity)))
    .map(([a, b]) => `${a} no longer comes before ${b}`)
}

/** When each call began and ended, in the order of the trace. */
function momentsOf(events: readonly TraceEvent[]): Map<string, number> {
  const ends = events.filter(({ ph, cat }) => (ph === 'b' || ph === 'e') && cat === 'call')
  return new Map(ends.map(({ ph, id, ts }) => [`${ph === 'b' ? 'start' : 'end'} of ${id}`, ts]))
}
