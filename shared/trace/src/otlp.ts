import type { TraceEvent } from './event.ts'

/** A span of OpenTelemetry, in the JSON of OTLP 1: what of it is drawn. */
interface OtlpSpan {
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string | number
  endTimeUnixNano: string | number
  attributes?: Attributes
  events?: { name: string; timeUnixNano: string | number; attributes?: Attributes }[]
}
type Attributes = { key: string; value?: { stringValue?: string; intValue?: string | number } }[]

/** A span with its process, and its times in microseconds. */
interface Placed extends OtlpSpan {
  pid: number
  start: number
  end: number
}

// SpanKind of opentelemetry/proto/trace/v1/trace.proto.
const [server, client, producer] = [2, 3, 4]

/** Whether a text is spans in the JSON of OTLP: one object, or one a line. */
export function isOtlp(text: string): boolean {
  return /^\s*\{\s*"resourceSpans"\s*:/.test(text)
}

// #region events
/**
 * The same trace in our own format: a call for each span of a client, what handled it, and how long a broker had it.
 * Times are those that the machines' clocks showed, so all should be of one machine. Throws Error with the place of
 * what is no span.
 */
export function eventsOfOtlp(text: string): TraceEvent[] {
  const { spans, names } = placed(text)
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const published = new Map(spans.filter(({ kind }) => kind === producer).map((span) => [span.parentSpanId, span]))
  // A call goes by the span that its server knows, which may be in another file: that of the caller, or of what it published.
  const callOf = (span: Placed) => (span.kind === server ? span.parentSpanId || span.spanId : (published.get(span.spanId) ?? span).spanId)
  const handled = new Map(spans.filter(({ kind }) => kind === server).map((span) => [callOf(span), span]))
  const calls = new Map(spans.filter(({ kind }) => kind === client).map((span) => [callOf(span), span]))
  const brokers = new Map<string, number>()
  const events = spans.flatMap((span) => {
    const call = callOf(span)
    const [asked, answered] = [calls.get(call), handled.get(call)]
    if (span.kind === server) return handleEvents(span, call, asked)
    if (span.kind === producer) return brokerEvents(span, call, answered, brokers)
    if (span.kind !== client) return []
    const above = serverAbove(span, byId)
    return callEvents(span, call, answered, above && callOf(above))
  })
  for (const [name, pid] of brokers) names.set(pid, name)
  const named = [...names].map(([pid, name]) => ({ ph: 'M', cat: '__metadata', name: 'process_name', ts: 0, pid, tid: 0, args: { name } }) as const)
  return [...named, ...events.sort((a, b) => a.ts - b.ts)]
}

function callEvents(span: Placed, call: string, answered: Placed | undefined, cause: string | undefined): TraceEvent[] {
  const about = { cat: 'call', name: span.name, pid: span.pid, tid: 0, id: idOf(call) } as const
  return [
    { ...about, ph: 'b', ts: span.start, ...(cause !== undefined && { args: { for: idOf(cause) } }) },
    ...(answered ? [wire('request', 'flow_out', span.start, span.pid, call)] : []),
    ...itemsOf(span, call),
    // Who has given up has ended before its answer.
    ...(answered && answered.end <= span.end ? [wire('reply', 'flow_in', span.end, span.pid, call)] : []),
    { ...about, ph: 'e', ts: span.end },
  ]
}

function handleEvents(span: Placed, call: string, asked: Placed | undefined): TraceEvent[] {
  const about = { cat: 'handle', name: span.name, pid: span.pid, tid: 0, id: idOf(call) } as const
  return [
    ...(asked ? [wire('request', 'flow_in', span.start, span.pid, call)] : []),
    { ...about, ph: 'b', ts: span.start },
    ...itemsOf(span, call),
    { ...about, ph: 'e', ts: span.end },
    ...(asked ? [wire('reply', 'flow_out', span.end, span.pid, call)] : []),
  ]
}

function brokerEvents(span: Placed, call: string, answered: Placed | undefined, brokers: Map<string, number>): TraceEvent[] {
  const system = textOf(span.attributes, 'messaging.system') ?? 'broker'
  // It has written nothing itself; but no process has such a number, and in another file it has another one.
  const pid = brokers.get(system) ?? 2 ** 32 * (brokers.size + 1) + span.pid
  brokers.set(system, pid)
  const name = textOf(span.attributes, 'messaging.destination.name') ?? span.name
  const about = { cat: 'queue', name, pid, tid: 0, id: idOf(call) } as const
  return [{ ...about, ph: 'b', ts: span.start }, { ...about, ph: 'e', ts: Math.max(span.start, answered?.start ?? span.end) }]
}

/** `first sent`, `last sent` of so many items in all, and the same of those that were received. */
function itemsOf({ events = [], pid }: Placed, call: string): TraceEvent[] {
  return events.flatMap(({ name, timeUnixNano, attributes }): TraceEvent[] => {
    const [, which, way] = /^(first|last) (sent|received)$/.exec(name) ?? []
    const count = which === 'first' ? 1 : (numberOf(attributes, 'items') ?? 1) - 1
    if (way === undefined || count === 0) return []
    return [{ ph: 'n', cat: 'items', name: way, ts: microseconds(timeUnixNano), pid, tid: 0, id: idOf(call), args: { count } }]
  })
}

function wire(name: 'request' | 'reply', end: 'flow_out' | 'flow_in', ts: number, pid: number, call: string): TraceEvent {
  return { ph: 'X', cat: 'wire', name, ts, pid, tid: 0, id: idOf(call), dur: 0, bind_id: `${call}${name === 'request' ? 'b' : 'c'}`, [end]: true }
}
// #endregion

/** For whom a call is made; there may be other spans in between. */
function serverAbove(span: OtlpSpan, byId: ReadonlyMap<string, Placed>): Placed | undefined {
  const seen = new Set<string>()
  let above: Placed | undefined
  for (let id = span.parentSpanId; id && !seen.has(id); id = above?.parentSpanId) {
    seen.add(id)
    above = byId.get(id)
    if (above?.kind === server) return above
  }
  return undefined
}

/** Two numbers, as calls have them that are known by a port and an id. */
function idOf(call: string): string {
  const [high, low] = [call.slice(0, 8), call.slice(8, 16)].map((digits) => parseInt(digits, 16) || 0)
  return `${high}:${low}`
}

// #region read
interface Read {
  spans: Placed[]
  /** By their numbers. */
  names: Map<number, string>
}

function placed(text: string): Read {
  const spans: Placed[] = []
  const names = new Map<number, string>()
  const pids = new Map<string, number>()
  for (const { place, value } of documents(text)) {
    for (const { resource, scopeSpans } of list<{ resource?: { attributes?: Attributes }; scopeSpans: unknown }>(value, 'resourceSpans', place)) {
      const attributes = Array.isArray(resource?.attributes) ? resource.attributes : []
      const name = textOf(attributes, 'service.name') ?? 'program'
      const own = numberOf(attributes, 'process.pid')
      const key = textOf(attributes, 'service.instance.id') ?? `${name} ${own}`
      let pid = pids.get(key) ?? own ?? 1
      while (!pids.has(key) && names.has(pid)) pid++
      pids.set(key, pid)
      names.set(pid, name)
      for (const { spans: found } of list<{ spans: unknown }>({ scopeSpans }, 'scopeSpans', place)) {
        for (const span of list<OtlpSpan>({ spans: found }, 'spans', place)) spans.push(checked(span, pid, place))
      }
    }
  }
  return { spans, names }
}

/** One JSON text, or one a line as the collector writes its files. */
function documents(text: string): { place: string; value: unknown }[] {
  const lines = text.split('\n').map((line, i) => ({ line: line.trim(), place: `line ${i + 1}` })).filter(({ line }) => line !== '')
  try {
    return [{ place: 'line 1', value: JSON.parse(text) }]
  } catch {
    return lines.map(({ line, place }) => {
      try {
        return { place, value: JSON.parse(line) as unknown }
      } catch {
        throw new Error(`${place}: this is no JSON`)
      }
    })
  }
}

function list<T>(value: unknown, name: string, place: string): T[] {
  const all = (value as Record<string, unknown> | null)?.[name]
  if (Array.isArray(all) && all.every((one) => typeof one === 'object' && one !== null)) return all as T[]
  throw new Error(`${place}: "${name}" must be a list of objects`)
}

function checked(span: OtlpSpan, pid: number, place: string): Placed {
  const { name, spanId, parentSpanId, kind, startTimeUnixNano, endTimeUnixNano, events, attributes } = span
  if (typeof name !== 'string') throw new Error(`${place}: a span has no text "name"`)
  if (!isId(spanId) || (parentSpanId && !isId(parentSpanId))) throw new Error(`${place}: the ids of a span must be 16 hexadecimal digits`)
  if (attributes !== undefined) list(span, 'attributes', place)
  if (events !== undefined) for (const event of list<object>(span, 'events', place)) if ('attributes' in event) list(event, 'attributes', place)
  const [start, end, ...others] = [startTimeUnixNano, endTimeUnixNano, ...(events ?? []).map(({ timeUnixNano }) => timeUnixNano)].map(microseconds)
  if ([start!, end!, ...others].some(Number.isNaN)) throw new Error(`${place}: a time of a span must be a number of nanoseconds`)
  // Who has not ended has no time for it: 0.
  return { ...span, kind: kindOf(kind), pid, start: start!, end: Math.max(start!, end!) }
}

function isId(id: unknown): boolean {
  return typeof id === 'string' && /^[\da-f]{16}$/i.test(id)
}

/** A number, or the name of one: OTLP allows numbers alone, and other programs write names. */
function kindOf(kind: unknown): number {
  const place = ['SPAN_KIND_UNSPECIFIED', 'SPAN_KIND_INTERNAL', 'SPAN_KIND_SERVER', 'SPAN_KIND_CLIENT', 'SPAN_KIND_PRODUCER'].indexOf(String(kind))
  return place < 0 ? Number(kind) : place
}

/** NaN if it is no time. As it is a number of 19 digits it is written as text. */
function microseconds(nanoseconds: string | number): number {
  return /^\d{1,19}$/.test(String(nanoseconds)) ? Number(nanoseconds) / 1000 : NaN
}

function textOf(attributes: Attributes = [], name: string): string | undefined {
  const value = attributes.find(({ key }) => key === name)?.value?.stringValue
  return typeof value === 'string' ? value : undefined
}

function numberOf(attributes: Attributes = [], name: string): number | undefined {
  const value = Number(attributes.find(({ key }) => key === name)?.value?.intValue)
  return Number.isSafeInteger(value) && value > 0 ? value : undefined
}
// #endregion
