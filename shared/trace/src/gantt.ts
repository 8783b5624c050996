import type { TraceEvent } from './event.ts'
import { spansOf } from './read.ts'
import type { Span } from './read.ts'

/** What the marks of the chart mean, for the lines below it. */
export const legend = `─ on its way, or waiting to be read   ▒ queued   █ running   ▏ ran briefly
░ waiting: a call for its answer, a thread asleep in the kernel`

/**
 * A chart for the terminal: a row for each call, then a row for each thread of each process.
 * A thread that recorded no span has no row. Threads of the same name are numbered, in the order
 * of their first calls. `width` is in columns, labels included.
 */
export function gantt(events: readonly TraceEvent[], width = 78): string {
  const spans = spansOf(events)
  const calls = spans.filter((span) => span.cat === 'call')
  if (calls.length === 0) return 'no calls'
  const start = Math.min(...calls.map((call) => call.start))
  const end = Math.max(...calls.map((call) => call.end))
  const columns = width - labelWidth
  const step = (end - start) / columns
  const row = (label: string, layers: readonly Layer[]) => {
    const cells = Array.from({ length: columns }, (_, i) => {
      const from = start + i * step
      return cell(layers, from, from + step)
    })
    return `${label.slice(0, labelWidth - 1).padEnd(labelWidth)}${cells.join('')}`.trimEnd()
  }
  const ms = (end - start) / 1000
  const axis = `${ms < 10 ? ms.toFixed(2) : ms.toFixed(0)} ms`
  return [
    ...calls.map((call, i) => row(`${i + 1} ${call.name}`, callLayers(call, spans))),
    ...numbered(
      threads(events)
        .map((thread) => ({ ...thread, layers: threadLayers(thread.pid, thread.tid, spans) }))
        .filter(({ layers }) => layers.some((layer) => layer.spans.length > 0)),
      calls,
    ).map(({ label, layers }) => row(label, layers)),
    ' '.repeat(labelWidth) + '0' + axis.padStart(columns - 1),
  ].join('\n')
}

const labelWidth = 14

/** Spans that look the same; of several layers in one place the first is drawn. */
interface Layer {
  mark: string
  /** The mark when the span fills less than half of its cell. */
  brief?: string
  spans: readonly Span[]
}

function cell(layers: readonly Layer[], from: number, to: number): string {
  for (const { mark, brief, spans } of layers) {
    let covered = 0
    for (const { start, end } of spans) {
      covered += Math.max(0, Math.min(end, to) - Math.max(start, from))
    }
    if (covered === 0) continue
    if (covered >= (to - from) / 2) return mark
    if (brief) return brief
  }
  return ' '
}

function callLayers(call: Span, spans: readonly Span[]): Layer[] {
  const of = (cat: string) => spans.filter((span) => span.cat === cat && span.id === call.id)
  return [
    { mark: '█', brief: '▏', spans: of('run') },
    { mark: '▒', spans: of('queue') },
    { mark: '░', spans: of('handle') },
    { mark: '─', spans: [call] },
  ]
}

function threadLayers(pid: number, tid: number, spans: readonly Span[]): Layer[] {
  const of = (cat: string) =>
    spans.filter((span) => span.cat === cat && span.pid === pid && span.tid === tid)
  return [
    { mark: '█', brief: '▏', spans: of('run') },
    { mark: '░', spans: of('kernel') },
  ]
}

interface Thread {
  label: string
  pid: number
  tid: number
}

/** The threads of a trace, each once, named by their process or by themselves. */
function threads(events: readonly TraceEvent[]): Thread[] {
  const found = new Map<string, Thread>()
  for (const { ph, name, pid, tid, args } of events) {
    const known = found.get(`${pid}/${tid}`)
    const named = ph === 'M' ? String(args?.['name'] ?? name) : undefined
    found.set(`${pid}/${tid}`, { label: named ?? known?.label ?? `thread ${tid}`, pid, tid })
  }
  return [...found.values()]
}

/** Threads that share a name get a number each, and stand in the order of their first calls. */
function numbered<T extends Thread>(all: readonly T[], calls: readonly Span[]): T[] {
  const firstCall = ({ pid, tid }: Thread) => {
    const place = calls.findIndex((call) => call.pid === pid && call.tid === tid)
    return place < 0 ? calls.length : place
  }
  const used = new Map<string, number>()
  return all.map((thread) => {
    const { label } = thread
    const same = all.filter((other) => other.label === label)
    if (same.length === 1) return thread
    const number = (used.get(label) ?? 0) + 1
    used.set(label, number)
    const next = same.sort((a, b) => firstCall(a) - firstCall(b))[number - 1]!
    return { ...next, label: `${label} ${number}` }
  })
}
