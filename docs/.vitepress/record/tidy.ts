import type { TraceEvent } from '@rpc-steps/trace'

/** Names for the programs of a trace, by their process ids: clients first, then the servers. */
export type Names = ReadonlyMap<number, string>

/**
 * Makes a raw trace of several processes fit to be kept: from the first call to the last answer,
 * or to the end of the work that nobody waits for, times from 0 in whole microseconds, processes numbered
 * from 1 (clients first, then servers as a call comes to them), ports replaced by the number of the caller, and no message read before it was sent. What a thread was doing at
 * either edge is cut there.
 *
 * @throws Error when the trace has no call that ended
 */
export function tidy(events: readonly TraceEvent[], names?: Names): TraceEvent[] {
  const end = events
    .filter(({ ph, cat }) => ph === 'e' && (cat === 'call' || cat === 'handle' || cat === 'work'))
    .reduce((last, { ts }) => Math.max(last, ts), -Infinity)
  const tidied = tidyUntil(inOrder(events), end, names)
  if (tidied.length === 0) throw new Error('the trace has no call that ended')
  return tidied
}

/** The same for what there is of a run that goes on: nothing, until the first call begins. */
export function tidySoFar(events: readonly TraceEvent[], names: Names): TraceEvent[] {
  return tidyUntil(events, Infinity, names)
}

/**
 * The same for files that somebody has kept, which may be of one end only, or of programs that were
 * ended: from the first call, or the first request where no caller is known, to the last answer. When
 * an answer is missing it goes to the end, and without calls it is all that there is.
 */
export function tidyOpened(events: readonly TraceEvent[]): TraceEvent[] {
  const sorted = inOrder(events.filter(({ ph }) => ph !== 'M'))
  const isEnd = ({ ph, cat }: TraceEvent) => ph === 'e' && (cat === 'call' || cat === 'handle')
  const waiting = new Set<string>()
  for (const event of sorted) {
    const { ph, cat, pid, id } = event
    if (ph === 'b' && (cat === 'call' || cat === 'handle')) waiting.add(`${cat} ${pid} ${id}`)
    else if (isEnd(event)) waiting.delete(`${cat} ${pid} ${id}`)
  }
  const last = (waiting.size === 0 ? sorted.findLast(isEnd) : undefined) ?? sorted.at(-1)
  const names = events.filter(({ ph }) => ph === 'M')
  const first = beginningOf(sorted) ?? sorted[0]?.ts ?? 0
  return tidyFrom([...names, ...sorted], first, last?.ts ?? first)
}

/** When the first call of a client begins; the first request, where no caller is known. */
function beginningOf(sorted: readonly TraceEvent[]): number | undefined {
  const called = calledIn(sorted)
  const begin = (which: (event: TraceEvent) => boolean) => sorted.find((event) => event.ph === 'b' && which(event))?.ts
  return begin(({ cat, pid }) => cat === 'call' && !called.has(pid)) ?? begin(({ cat }) => cat === 'handle')
}

/** The processes in which calls of a kind begin, in the order of that. */
function pidsOf(events: readonly TraceEvent[], ...kinds: TraceEvent['cat'][]): number[] {
  return events.filter(({ ph, cat }) => ph === 'b' && kinds.includes(cat)).map(({ pid }) => pid)
}

/** The processes that handle requests: a server that asks another one calls, and is no client for that. */
function calledIn(events: readonly TraceEvent[]): Set<number> {
  return new Set(pidsOf(events, 'handle'))
}

function tidyUntil(events: readonly TraceEvent[], end: number, given?: Names): TraceEvent[] {
  const calls = events.filter(({ ph, cat }) => ph === 'b' && cat === 'call')
  const start = calls.reduce((first, { ts }) => Math.min(first, ts), Infinity)
  return start === Infinity || end < start ? [] : tidyFrom(events, start, end, given)
}

function tidyFrom(
  events: readonly TraceEvent[],
  start: number,
  end: number,
  given?: Names,
): TraceEvent[] {
  const sorted = events.filter(({ ph }) => ph !== 'M').sort((a, b) => a.ts - b.ts)

  const kept = cut(sorted, start, end)
  const called = calledIn(sorted)
  const clients = [...new Set(pidsOf(kept, 'call'))].filter((pid) => !called.has(pid))
  // In a broker requests wait, and are not handled.
  const all = new Set([...pidsOf(kept, 'handle', 'queue'), ...kept.map(({ pid }) => pid)])
  const servers = [...all].filter((pid) => !clients.includes(pid))
  const pids = given ? [...given.keys()] : [...clients, ...servers]
  const ports = new Map<string, number>()
  for (const { pid, cat, id } of kept) {
    if (cat !== 'call' || id === undefined || ports.has(portOf(id))) continue
    const own = pids.indexOf(pid) + 1
    // Who has several connections has a number for each.
    ports.set(portOf(id), [...ports.values()].includes(own) ? pids.length + ports.size : own)
  }
  const used = new Set(kept.map(({ pid, tid }) => `${pid}/${tid}`))
  const names = events
    .filter(
      ({ ph, name, pid, tid }) =>
        ph === 'M' && (name === 'process_name' || used.has(`${pid}/${tid}`)),
    )
    .map((event) => ({ ...event, ts: 0, args: { name: nameOf(event) } }))
    .sort((a, b) => pids.indexOf(a.pid) - pids.indexOf(b.pid) || a.tid - b.tid)

  function nameOf({ name, pid, args }: TraceEvent): string {
    const own = String(args?.['name'] ?? '')
    if (name !== 'process_name') return own
    const place = servers.indexOf(pid)
    if (given) return given.get(pid) ?? own
    // Who has a name of its own needs no number.
    if (events.every((other) => other.ph !== 'M' || other.name !== name || other.pid === pid || other.args?.['name'] !== own)) return own
    if (place < 0) return clients.length > 1 ? `client ${clients.indexOf(pid) + 1}` : own
    return servers.length > 1 ? `${own} ${lettered(place)}` : own
  }

  return [...names, ...kept].map((event: TraceEvent) => ({
    ...event,
    ts: event.ph === 'M' ? 0 : Math.round(event.ts - start),
    pid: pids.indexOf(event.pid) + 1,
    ...(event.id !== undefined && { id: renumbered(event.id) }),
    ...(event.bind_id !== undefined && { bind_id: renumbered(event.bind_id) }),
    ...(event.args?.['for'] !== undefined && { args: { for: renumbered(String(event.args['for'])) } }),
  }))

  function renumbered(id: string): string {
    return id.replace(/^\d+/, (port) => {
      // A client that is not in the trace has a number behind those that are.
      const number = ports.get(port) ?? pids.length + ports.size
      ports.set(port, number)
      return String(number)
    })
  }
}

/** A, B and so on, as long as there are letters. */
function lettered(place: number): string {
  return place < 26 ? String.fromCharCode(65 + place) : String(place + 1)
}

function portOf(id: string): string {
  return id.slice(0, id.indexOf(':'))
}

/** A sender may note the time only when the reader has the message already: then both were then. */
function inOrder(events: readonly TraceEvent[]): TraceEvent[] {
  const way = ({ id, name }: TraceEvent) => `${id} ${name}`
  const read = new Map(events.filter((event) => event.flow_in).map((event) => [way(event), event.ts]))
  const sentInTime = (event: TraceEvent) =>
    event.flow_out ? { ...event, ts: Math.min(event.ts, read.get(way(event)) ?? Infinity) } : event
  const first = ({ flow_out }: TraceEvent) => (flow_out ? 0 : 1)
  return events.map(sentInTime).sort((a, b) => a.ts - b.ts || first(a) - first(b))
}

/**
 * Keeps what lies between two times; a thread's span that crosses one of them is cut there. Without
 * an end, what is open stays open.
 */
export function cut(events: readonly TraceEvent[], start: number, end: number): TraceEvent[] {
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
    if (overlaps && !close && end < Infinity) cutOff.unshift({ ...event, ph: 'E', ts: end })
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
