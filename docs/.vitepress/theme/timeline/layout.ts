/** One event of a Chrome Trace Event file; `ts` in microseconds. */
export interface TraceEvent {
  ph: string
  ts: number
  pid: number
  tid: number
  name: string
  cat?: string
  id?: string | number
  /** On an end of an arrow: where it leaves, or arrives. */
  flow_out?: boolean
  flow_in?: boolean
  args?: Record<string, unknown>
}

/** What a span of time was spent on. */
export type Kind = 'call' | 'handle' | 'queue' | 'work' | 'kernel' | 'run'

/** One thread of one process. */
export interface Lane {
  process: string
  thread: string
  /** Rows for calls (client) or for handling them (server); the thread's own strip comes beside. */
  rows: number
  /** Rows for the calls of a server that asks another one. */
  asks: number
  /** Calls begin in this lane, and none come to its process: so it is drawn above the wire. */
  client: boolean
  /** When its process was last heard of, in milliseconds. */
  end: number
  /** What its process had of the machine's memory, where the trace says so. */
  memory: Level[]
}

/** A size, in MiB, at a moment, in milliseconds. */
export interface Level {
  at: number
  mib: number
}

/** A stretch of time in a lane, in milliseconds from the start of the picture. */
export interface Span {
  lane: number
  kind: Kind
  /** The row of a call; -1 for the strip that shows what the thread itself does. */
  row: number
  /** How many spans of the same strip this one lies inside. */
  depth: number
  name: string
  /** The call that this belongs to, when it belongs to one. */
  call?: string
  /** The call that this one is made for, by a server that asks another one. */
  cause?: string
  start: number
  end: number
  /** Its end was not seen: it is drawn to the end of the picture, or to where its process was last heard of. */
  open?: true
  /** A call that has ended before an answer was read: given up, or cut off. */
  unanswered?: true
}

/** A message on the wire, from the write to the read, in milliseconds. */
export interface Arrow {
  call: string
  kind: 'request' | 'reply'
  from: { lane: number; at: number }
  to: { lane: number; at: number }
}

/** Items of a stream that left, or came, in one message. */
export interface Items {
  /** The call that they belong to, on this side. */
  span: Span
  what: 'sent' | 'received'
  count: number
  at: number
}

/** One line of the picture told in words. */
export interface Moment {
  at: number
  lane: number
  text: string
  /** What in the picture this tells of: one of the two. */
  span?: Span
  arrow?: Arrow
}

/** A trace as something to draw: nothing here depends on pixels or on the DOM. */
export interface Picture {
  /** Milliseconds. */
  duration: number
  lanes: Lane[]
  spans: Span[]
  arrows: Arrow[]
  items: Items[]
  moments: Moment[]
}

/** Calls beyond this number share rows. */
const rowsOfTheirOwn = 8

/**
 * Turns a trace into lanes, spans and arrows. A span that the trace cuts off is drawn to its edge.
 * Clients come first, so that requests point down and replies point up.
 *
 * `now`, on the clock of the trace, is for a run that still goes on: the picture ends there.
 */
export function layout(trace: readonly TraceEvent[], now?: number): Picture {
  const events = trace.filter(({ ph }) => ph !== 'M').sort((a, b) => a.ts - b.ts)
  const origin = events[0]?.ts ?? 0
  const ms = (ts: number) => (ts - origin) / 1000
  const last = events.at(-1)?.ts ?? 0
  const duration = ms(events.length > 0 ? Math.max(last, now ?? last) : 0)

  const { lanes, laneOf } = findLanes(trace, events, ms)
  if (now !== undefined) for (const lane of lanes) lane.end = duration
  const spans = [
    ...threadSpans(events, laneOf, ms, duration),
    ...callSpans(events, laneOf, ms, duration),
  ]
  // Of a process that was killed nothing was heard any more: it has not gone on.
  if (now === undefined) for (const span of spans) if (span.open && span.row >= 0) span.end = Math.max(span.start, lanes[span.lane]!.end)
  giveRows(lanes, spans)
  findUnanswered(events, spans, laneOf, ms)
  spans.sort((a, b) => a.lane - b.lane || a.start - b.start || b.end - a.end)
  const arrows = findArrows(events, laneOf, ms)
  const items = findItems(events, spans, laneOf, ms)
  return { duration, lanes, spans, arrows, items, moments: tell(duration, lanes, spans, arrows, items) }
}

type LaneOf = (event: TraceEvent) => number
type Clock = (ts: number) => number

function findLanes(trace: readonly TraceEvent[], events: TraceEvent[], ms: Clock) {
  const key = ({ pid, tid }: TraceEvent) => `${pid}/${tid}`
  const named = (name: string, of: (event: TraceEvent) => string | number) =>
    new Map(
      trace
        .filter((event) => event.ph === 'M' && event.name === name)
        .map((event) => [of(event), String(event.args?.['name'] ?? '')]),
    )
  const processes = named('process_name', (event) => event.pid)
  const threads = named('thread_name', key)
  const callers = new Set(events.filter(isCall).map(key))
  const called = new Set(events.filter(({ ph, cat }) => ph === 'b' && cat === 'handle').map(({ pid }) => pid))
  const first = new Map<string, TraceEvent>()
  const last = new Map<number, number>()
  for (const event of events) {
    if (!first.has(key(event))) first.set(key(event), event)
    last.set(event.pid, event.ts)
  }
  const place = (lane: string) => first.get(lane) ?? { pid: 0, tid: 0 }
  const isClient = (lane: string) => callers.has(lane) && !called.has(place(lane).pid)
  const keys = [...first.keys()].sort(
    (a, b) =>
      Number(isClient(b)) - Number(isClient(a)) ||
      place(a).pid - place(b).pid ||
      place(a).tid - place(b).tid,
  )
  const lanes = keys.map((lane): Lane => {
    const { pid } = place(lane)
    return {
      process: processes.get(pid) || `process ${pid}`,
      thread: threads.get(lane) || 'main',
      rows: 0,
      asks: 0,
      client: isClient(lane),
      end: ms(last.get(pid) ?? 0),
      memory: [],
    }
  })
  const index = new Map(keys.map((lane, i) => [lane, i]))
  for (const event of events) {
    if (event.ph !== 'C' || event.cat !== 'memory') continue
    lanes[index.get(key(event)) ?? 0]!.memory.push({ at: ms(event.ts), mib: Number(event.args?.['MiB']) || 0 })
  }
  return { lanes, laneOf: (event: TraceEvent) => index.get(key(event)) ?? 0 }
}

function isCall({ ph, cat }: TraceEvent): boolean {
  return ph === 'b' && cat === 'call'
}

function threadSpans(events: TraceEvent[], laneOf: LaneOf, ms: Clock, duration: number): Span[] {
  const spans: Span[] = []
  const open = new Map<number, Span[]>()
  for (const event of events) {
    if (event.ph !== 'B' && event.ph !== 'E') continue
    const lane = laneOf(event)
    const stack = open.get(lane) ?? []
    open.set(lane, stack)
    if (event.ph === 'B') {
      const kind = event.cat === 'kernel' ? 'kernel' : 'run'
      const span: Span = {
        lane,
        kind,
        row: -1,
        depth: stack.length,
        name: event.name,
        ...(event.id !== undefined && { call: String(event.id) }),
        start: ms(event.ts),
        end: duration,
        open: true,
      }
      stack.push(span)
      spans.push(span)
    } else {
      close(stack.pop(), ms(event.ts))
    }
  }
  return spans
}

function callSpans(events: TraceEvent[], laneOf: LaneOf, ms: Clock, duration: number): Span[] {
  const spans: Span[] = []
  const open = new Map<string, Span>()
  for (const event of events) {
    const kind = event.cat
    if (kind !== 'call' && kind !== 'handle' && kind !== 'queue' && kind !== 'work') continue
    const call = String(event.id ?? '')
    const key = `${kind} ${event.pid} ${call}`
    if (event.ph === 'b') {
      const span: Span = {
        lane: laneOf(event),
        kind,
        row: 0,
        depth: 0,
        name: event.name,
        call,
        ...(event.args?.['for'] !== undefined && { cause: String(event.args['for']) }),
        start: ms(event.ts),
        end: duration,
        open: true,
      }
      open.set(key, span)
      spans.push(span)
    } else if (event.ph === 'e') {
      close(open.get(key), ms(event.ts))
      open.delete(key)
    }
  }
  return spans
}

function close(span: Span | undefined, end: number): void {
  if (!span) return
  span.end = end
  delete span.open
}

/** Of calls whose request was seen to leave. */
function findUnanswered(events: TraceEvent[], spans: Span[], laneOf: LaneOf, ms: Clock): void {
  const ofWire = (name: string, end: 'flow_in' | 'flow_out') => {
    const ends = events.filter((event) => event.name === name && event[end])
    return new Map(ends.map((event) => [`${laneOf(event)} ${String(event.id ?? '')}`, ms(event.ts)]))
  }
  const [asked, answered] = [ofWire('request', 'flow_out'), ofWire('reply', 'flow_in')]
  for (const span of spans) {
    const place = `${span.lane} ${span.call}`
    if (span.kind !== 'call' || span.open || !asked.has(place)) continue
    if ((answered.get(place) ?? Infinity) > span.end) span.unanswered = true
  }
}

/** Gives rows to what clients call and servers handle, and others to what servers ask of the next one. */
function giveRows(lanes: Lane[], spans: Span[]): void {
  const asks = ({ kind, lane }: Span) => kind === 'call' && !lanes[lane]!.client
  lanes.forEach((lane, index) => {
    const own = spans.filter((span) => span.lane === index && span.row >= 0)
    lane.rows = rowsFor(own.filter((span) => !asks(span)))
    lane.asks = rowsFor(own.filter(asks))
  })
}

/** Each call has a row of its own while they are few; then the first row that is free. Returns how many there are. */
function rowsFor(spans: readonly Span[]): number {
  const here = new Map<string | undefined, Span[]>()
  for (const span of spans) {
    const parts = here.get(span.call)
    if (parts) parts.push(span)
    else here.set(span.call, [span])
  }
  const free: number[] = []
  for (const parts of here.values()) {
    const start = Math.min(...parts.map((span) => span.start))
    const end = Math.max(...parts.map((span) => span.end))
    const own = here.size <= rowsOfTheirOwn
    const found = own ? -1 : free.findIndex((until) => until <= start)
    const row = found < 0 ? free.length : found
    free[row] = end
    for (const span of parts) span.row = row
  }
  return free.length
}

function findArrows(events: TraceEvent[], laneOf: LaneOf, ms: Clock): Arrow[] {
  const way = ({ id, name }: TraceEvent) => `${id} ${name}`
  const read = new Map(events.filter((event) => event.flow_in).map((event) => [way(event), event]))
  const sent = events.filter((event) => event.flow_out)
  return sent.flatMap((start): Arrow[] => {
    const end = read.get(way(start))
    if (!end) return []
    return [
      {
        call: String(start.id ?? ''),
        kind: start.name === 'reply' ? 'reply' : 'request',
        // A sender notes the time when the kernel has taken the bytes; the reader may have them by then.
        from: { lane: laneOf(start), at: ms(Math.min(start.ts, end.ts)) },
        to: { lane: laneOf(end), at: ms(end.ts) },
      },
    ]
  })
}

function findItems(events: TraceEvent[], spans: readonly Span[], laneOf: LaneOf, ms: Clock): Items[] {
  const sides = new Map<string, Span>()
  for (const span of spans) {
    if (span.kind === 'call' || span.kind === 'handle') sides.set(`${span.lane} ${span.call}`, span)
  }
  return events.flatMap((event): Items[] => {
    if (event.ph !== 'n' || event.cat !== 'items') return []
    const span = sides.get(`${laneOf(event)} ${String(event.id ?? '')}`)
    const what = event.name === 'sent' ? 'sent' : 'received'
    return span ? [{ span, what, count: Number(event.args?.['count']) || 0, at: ms(event.ts) }] : []
  })
}

/** Waits shorter than a millisecond are not worth a line of text, unless the picture itself is hardly longer. */
const worthTelling = (duration: number) => Math.min(1, duration / 100)

function tell(duration: number, lanes: Lane[], spans: Span[], arrows: Arrow[], items: Items[]): Moment[] {
  const several = new Set(lanes.map(({ process }) => process)).size < lanes.length
  const who = (lane: number) => {
    const { process = '', thread = '' } = lanes[lane] ?? {}
    return several ? `${process}, ${thread}` : process
  }
  const short = shortNames(spans)
  const moments: Moment[] = []
  const say = (at: number, lane: number, text: string, of: Pick<Moment, 'span' | 'arrow'>) =>
    moments.push({ at, lane, text: `${who(lane)}: ${text}`, ...of })
  for (const span of spans) {
    const { lane, kind, name, call, start, end, open, unanswered } = span
    const title = call === undefined ? name : (short.get(call) ?? name)
    const length = end - start < 0.1 && duration < 10 ? `${Math.round(1000 * (end - start))} µs` : milliseconds(end - start)
    if (kind === 'call') {
      say(start, lane, `calls ${title}`, { span })
      const has = unanswered ? 'gives up' : 'has the answer to'
      if (!open) say(end, lane, `${has} ${title}, ${length} after the call`, { span })
    } else if (kind === 'handle') {
      say(start, lane, `begins to handle ${title}`, { span })
      if (!open) say(end, lane, `has replied to ${title}`, { span })
    } else if (end - start >= worthTelling(duration)) {
      const does = { kernel: 'sleeps in the kernel in', queue: 'queues', work: 'has a worker on', run: 'runs' }
      say(start, lane, `${does[kind]} ${title}${open ? '' : ` for ${length}`}`, { span })
    }
  }
  for (const arrow of arrows) {
    const { call, kind, from } = arrow
    say(from.at, from.lane, `sends the ${kind} of ${short.get(call) ?? call}`, { arrow })
  }
  for (const { span, what, count, at } of items) {
    const pieces = `${count} item${count === 1 ? '' : 's'} of ${short.get(span.call ?? '') ?? span.call}`
    say(at, span.lane, `${what === 'sent' ? 'sends' : 'has'} ${pieces}`, { span })
  }
  return moments.sort((a, b) => a.at - b.at)
}

/** The picture in one sentence, for those who cannot see it. */
export function summary({ lanes, spans }: Picture): string {
  const calls = spans.filter(({ kind, lane }) => kind === 'call' && lanes[lane]!.client)
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`
  if (calls.length === 0) {
    const handled = spans.filter(({ kind }) => kind === 'handle').length
    return handled > 0 ? `Timeline: ${count(handled, 'request')}` : 'A timeline without calls'
  }
  const processes = (which: (lane: Lane) => boolean) => new Set(lanes.filter(which).map(({ process }) => process)).size
  const clients = processes(({ client }) => client)
  const through = lanes.some(({ asks }) => asks > 0) ? ` through ${processes(({ client }) => !client)} servers` : ''
  const total =
    Math.max(...calls.map(({ end }) => end)) - Math.min(...calls.map(({ start }) => start))
  return `Timeline: ${count(calls.length, 'call')} by ${count(clients, 'client')}${through} in ${milliseconds(total)}`
}

/**
 * What each call is called in the picture: its method, and its place among the calls of clients. What a
 * server asks of the next one has the place of the call that it is made for.
 */
export function shortNames(spans: readonly Span[]): Map<string, string> {
  const calls = spans
    .filter((span) => span.kind === 'call')
    .sort((a, b) => a.start - b.start || a.lane - b.lane || a.row - b.row)
  const causes = new Map(calls.map(({ call, cause }) => [call, cause]))
  const ofClients = calls.filter(({ cause }) => cause === undefined || !causes.has(cause))
  const places = new Map(ofClients.map(({ call }, i) => [call, i + 1]))
  const placeOf = (call: string | undefined): number | undefined => {
    // A file that somebody opens may lead in a circle.
    const seen = new Set<string | undefined>()
    while (!places.has(call) && !seen.has(call)) {
      seen.add(call)
      call = causes.get(call)
    }
    return places.get(call)
  }
  const names = new Map(calls.map(({ call, name }) => [call ?? '', `${name} ${placeOf(call) ?? ''}`.trim()]))
  for (const { call, name } of spans) {
    if (call !== undefined && !names.has(call)) names.set(call, name)
  }
  return names
}

/** A duration for people: 3 significant digits at most. */
export function milliseconds(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`
  if (ms >= 10) return `${Math.round(ms)} ms`
  return `${ms.toFixed(1)} ms`
}

/** A moment for people: milliseconds from the start, to a tenth. */
export function stamp(ms: number): string {
  const tenths = { minimumFractionDigits: 1, maximumFractionDigits: 1 }
  return `${ms.toLocaleString('en', tenths)} ms`
}

/** A duration in whole milliseconds: `1,030 ms`. */
export function wholeMilliseconds(ms: number): string {
  return `${Math.round(ms).toLocaleString('en')} ms`
}

/** Round places for the marks of an axis, in milliseconds, about `wanted` of them. */
export function ticks(duration: number, wanted = 6): number[] {
  if (!(duration > 0)) return [0]
  return marks(0, duration, wanted).map(({ at }) => at)
}

/** The same for a stretch of time, with what stands below each. */
export function marks(from: number, to: number, wanted = 5): { at: number; text: string }[] {
  const rough = (to - from) / wanted
  if (!(rough > 0)) return [{ at: from, text: '0' }]
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((n) => n * power).find((size) => size >= rough) ?? power * 10
  const first = Math.ceil(from / step - 1e-9)
  const count = Math.floor(to / step + 1e-9) - first + 1
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
  return Array.from({ length: count }, (_, i) => {
    const at = (first + i) * step
    const seconds = step >= 100 && at >= 1000
    const text = seconds ? `${+(at / 1000).toFixed(1)} s` : `${at.toFixed(digits)} ms`
    return { at, text: at === 0 ? '0' : text }
  })
}
