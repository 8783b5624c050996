import type { TraceEvent } from '@rpc-steps/trace'
import { eventsOfOtlp, isOtlp } from '@rpc-steps/trace/otlp'
import { tidyOpened } from '../../record/tidy.ts'

/** A trace file of the reader's. */
export interface Opened {
  name: string
  events: readonly TraceEvent[]
}

/**
 * The most that is opened: bytes of a file, and events and threads of all files. With more, the
 * browser takes seconds for each picture, and nobody can tell the calls in it apart.
 */
export const most = { bytes: 16 * 1024 * 1024, events: 20_000, threads: 64 }

/** Times are microseconds. Two ends of a message may be noted in the wrong order, but not by so much. */
const late = 1e6
/** In a picture that is mostly empty there is nothing to see. */
const gap = 60e6

const whatToOpen = 'open a file that a server or client wrote with --trace FILE'
const count = (n: number) => n.toLocaleString('en')

/**
 * Reads one file.
 *
 * @throws Error in one line: the file, the line in it, what is wrong there and what to do
 */
export async function open(file: Pick<File, 'name' | 'size' | 'text'>): Promise<Opened> {
  const name = clipped(file.name, 60)
  if (file.size > most.bytes) {
    const [has, may] = [file.size, most.bytes].map((bytes) => count(Math.ceil(bytes / 1024 ** 2)))
    throw new Error(`${name} has ${has} MiB, and at most ${may} can be drawn: trace fewer calls`)
  }
  let text
  try {
    text = await file.text()
  } catch {
    throw new Error(`${name} cannot be read: it may be a folder, or have changed; ${whatToOpen}`)
  }
  return { name, events: eventsOf(name, text) }
}

/**
 * The events of all files as one tidy trace, on the one clock that the programs of a machine share.
 *
 * @throws Error in one line when the files do not belong together, or there is too much to draw
 */
export function merge(files: readonly Opened[]): TraceEvent[] {
  const events = files.flatMap(({ events }) => events)
  if (events.length > most.events) {
    throw new Error(`there are ${count(events.length)} events, and at most ${count(most.events)} can be drawn: trace fewer calls`)
  }
  const threads = new Set(events.map(({ pid, tid }) => `${pid}/${tid}`)).size
  if (threads > most.threads) {
    throw new Error(`there are ${threads} threads, and at most ${most.threads} can be drawn: trace fewer programs`)
  }
  checkProcesses(files)
  checkClock(files)
  return tidyOpened(events)
}

function eventsOf(name: string, text: string): TraceEvent[] {
  const content = text.trim()
  if (content === '') throw new Error(`${name} is empty: ${whatToOpen}`)
  if (isOtlp(content)) return eventsOfSpans(name, content)
  // A program that was killed has not written the last bracket.
  const whole = content.endsWith(']') ? content : `${content.replace(/,$/, '')}]`
  let list: unknown
  try {
    list = JSON.parse(whole)
  } catch {
    throw new Error(`${name}, ${faultIn(text)}`)
  }
  if (!Array.isArray(list)) throw new Error(`${name} is not a list of events: ${whatToOpen}`)
  const events = list.map((value: unknown, i) => {
    const fault = faultOf(value)
    if (fault === undefined) return known(value as TraceEvent)
    throw new Error(`${name}, ${placeOf(text, value, i)}: ${fault}; ${whatToOpen}`)
  })
  if (events.every(({ ph }) => ph === 'M')) {
    throw new Error(`${name} has no events: trace a program that calls, or is called`)
  }
  return events
}

/** What OpenTelemetry has recorded. */
function eventsOfSpans(name: string, text: string): TraceEvent[] {
  let events
  try {
    events = eventsOfOtlp(text)
  } catch (error) {
    throw new Error(`${name}, ${(error as Error).message}; open a file of spans in the JSON of OTLP`)
  }
  if (events.some(({ ph }) => ph === 'b')) return events.map(known)
  throw new Error(`${name} has no spans of clients or servers: trace a program that calls, or is called`)
}

/** Where a text stops to be a trace, if each event has its line, as programs write it. */
function faultIn(text: string): string {
  const lines = text.split('\n').map((line) => line.trim())
  const last = lines.findLastIndex((line) => line !== '')
  for (const [i, line] of lines.entries()) {
    const place = `line ${i + 1}`
    if (line === '' || line === ']' || (line === '[' && i === 0)) continue
    if (line === '[') return `${place}: another trace begins here; put each in a file of its own`
    try {
      JSON.parse(line.replace(/,$/, ''))
    } catch {
      const cutOff = line.startsWith('{') && i === last
      if (cutOff) return `${place}: the event is cut off; take this line out, and open the file again`
      return `${place}: ${quoted(line)} is no event; ${whatToOpen}`
    }
    if (i < last && !line.endsWith(',') && lines[i + 1] !== ']') {
      return `${place}: a comma is missing behind the event; put it there, and open the file again`
    }
  }
  return `line ${last + 1}: this is not the end of a list; ${whatToOpen}`
}

function faultOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return `${quoted(JSON.stringify(value))} is no event`
  const event = value as Record<string, unknown>
  for (const field of ['ph', 'name']) {
    if (typeof event[field] !== 'string') return `the event has no text "${field}"`
  }
  for (const field of ['ts', 'pid', 'tid']) {
    const n = event[field]
    if (typeof n !== 'number' || Math.abs(n) > Number.MAX_SAFE_INTEGER) {
      return `the event has no number "${field}"`
    }
  }
  return undefined
}

function placeOf(text: string, value: unknown, i: number): string {
  const line = text.split('\n')[i + 1]?.trim().replace(/,$/, '')
  try {
    if (JSON.stringify(JSON.parse(line ?? '')) === JSON.stringify(value)) return `line ${i + 2}`
  } catch {
    // Somebody has broken its lines in another way.
  }
  return `event ${i + 1}`
}

/** What we know of an event, and nothing that may be endless. */
function known(event: TraceEvent): TraceEvent {
  const { ph, cat, name, ts, pid, tid, id, flow_in, flow_out, args } = event
  const short = clipped(name, 40)
  return {
    ...{ ph, cat, name: short, ts, pid, tid },
    ...(id !== undefined && { id: clipped(String(id), 40) }),
    ...(flow_in && { flow_in }),
    ...(flow_out && { flow_out }),
    ...(ph === 'b' && args?.['for'] !== undefined && { args: { for: clipped(String(args['for']), 40) } }),
    ...(ph === 'n' && { args: { count: Number(args?.['count']) || 0 } }),
    ...(ph === 'C' && { args: { MiB: Number(args?.['MiB']) || 0 } }),
    ...(ph === 'M' && { args: { name: clipped(String(args?.['name'] ?? ''), 40) } }),
  }
}

function checkProcesses(files: readonly Opened[]): void {
  const owners = new Map<number, string>()
  for (const { name, events } of files) {
    for (const { pid } of events) {
      const owner = owners.get(pid) ?? name
      owners.set(pid, owner)
      if (owner === name) continue
      throw new Error(`${owner} and ${name} are both of process ${pid}: remove one of them`)
    }
  }
}

/** Whether the files can be of one run of one machine. */
function checkClock(files: readonly Opened[]): void {
  const apart = 'open files of one run on one machine'
  const sent = new Map<string, { name: string; ts: number }>()
  const way = ({ id, name }: TraceEvent) => `${id} ${name}`
  for (const { name, events } of files) {
    for (const event of events) if (event.flow_out) sent.set(way(event), { name, ts: event.ts })
  }
  for (const { name, events } of files) {
    for (const event of events) {
      const from = event.flow_in && sent.get(way(event))
      if (!from || from.ts - event.ts <= late) continue
      throw new Error(`${name} reads a message before ${from.name} sends it, so they have different clocks: ${apart}`)
    }
  }
  const times = files.map(({ name, events }) => {
    const own = events.filter(({ ph }) => ph !== 'M').map(({ ts }) => ts)
    return { name, from: own.reduce((a, b) => Math.min(a, b)), to: own.reduce((a, b) => Math.max(a, b)) }
  })
  times.sort((a, b) => a.from - b.from)
  for (let i = 1, before = times[0]!; i < times.length; i++) {
    const next = times[i]!
    if (next.from - before.to > gap) {
      const seconds = count(Math.round((next.from - before.to) / 1e6))
      throw new Error(`${before.name} ends ${seconds} s before ${next.name} begins: ${apart}`)
    }
    if (next.to > before.to) before = next
  }
}

function clipped(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text
}

function quoted(text: string): string {
  return `"${clipped(text, 30)}"`
}
