import type { TraceEvent } from '@rpc-steps/trace'

/**
 * Makes a raw trace of several processes fit to be kept: from the first call to the last answer,
 * times from 0 in whole microseconds, processes numbered from 1 (clients first), ports replaced
 * by the number of the client. What a thread was doing at either edge is cut there.
 *
 * @throws Error when the trace has no call that ended
 */
export function tidy(events: readonly TraceEvent[]): TraceEvent[] {
  const sorted = events.filter(({ ph }) => ph !== 'M').sort((a, b) => a.ts - b.ts)
  const start = sorted.find(({ ph, cat }) => ph === 'b' && cat === 'call')?.ts
  const end = sorted.findLast(({ ph, cat }) => ph === 'e' && cat === 'call')?.ts
  if (start === undefined || end === undefined) throw new Error('the trace has no call that ended')

  const kept = cut(sorted, start, end)
  const callers = new Set(
    kept.filter(({ ph, cat }) => ph === 'b' && cat === 'call').map(({ pid }) => pid),
  )
  const pids = [
    ...callers,
    ...new Set(kept.map(({ pid }) => pid).filter((pid) => !callers.has(pid))),
  ]
  const ports = new Map<string, number>()
  for (const { pid, cat, id } of kept) {
    if (cat === 'call' && id !== undefined) ports.set(portOf(id), pids.indexOf(pid) + 1)
  }
  const used = new Set(kept.map(({ pid, tid }) => `${pid}/${tid}`))
  const names = events
    .filter(
      ({ ph, name, pid, tid }) =>
        ph === 'M' && (name === 'process_name' || used.has(`${pid}/${tid}`)),
    )
    .map((event) => ({ ...event, ts: 0, args: { name: nameOf(event, callers) } }))
    .sort((a, b) => pids.indexOf(a.pid) - pids.indexOf(b.pid) || a.tid - b.tid)

  function nameOf({ name, pid, args }: TraceEvent, clients: ReadonlySet<number>): string {
    const given = String(args?.['name'] ?? '')
    const several = name === 'process_name' && clients.size > 1 && clients.has(pid)
    return several ? `client ${pids.indexOf(pid) + 1}` : given
  }

  return [...names, ...kept].map((event) => ({
    ...event,
    ts: event.ph === 'M' ? 0 : Math.round(event.ts - start),
    pid: pids.indexOf(event.pid) + 1,
    ...(event.id !== undefined && {
      id: `${ports.get(portOf(event.id)) ?? 0}${event.id.slice(portOf(event.id).length)}`,
    }),
  }))
}

function portOf(id: string): string {
  return id.slice(0, id.indexOf(':'))
}

/** Keeps what lies between two times; a thread's span that crosses one of them is cut there. */
function cut(events: readonly TraceEvent[], start: number, end: number): TraceEvent[] {
  const ends = new Map<TraceEvent, TraceEvent | undefined>()
  const open = new Map<string, TraceEvent[]>()
  for (const event of events) {
    const lane = `${event.pid}/${event.tid}`
    const stack = open.get(lane) ?? []
    open.set(lane, stack)
    if (event.ph === 'B') stack.push(event)
    if (event.ph === 'E') {
      const begin = stack.pop()
      if (begin) ends.set(begin, event)
    }
  }
  for (const stack of open.values()) for (const begin of stack) ends.set(begin, undefined)
  const keptEnds = new Set<TraceEvent>()
  const cutOff: TraceEvent[] = []
  const kept = events.filter((event) => {
    if (event.ph === 'E') return keptEnds.has(event)
    if (event.ph !== 'B') return start <= event.ts && event.ts <= end
    const close = ends.get(event)
    const overlaps = event.ts < end && (close?.ts ?? end) > start
    if (overlaps && close) keptEnds.add(close)
    if (overlaps && !close) cutOff.unshift({ ...event, ph: 'E', ts: end })
    return overlaps
  })
  return [...kept, ...cutOff]
    .map((event) => ({ ...event, ts: Math.min(Math.max(event.ts, start), end) }))
    .sort((a, b) => a.ts - b.ts)
}

/** One event a line, so that a change of a trace can be read. */
export function toText(events: readonly TraceEvent[]): string {
  return `[\n${events.map((event) => JSON.stringify(event)).join(',\n')}\n]\n`
}
