import type { TraceEvent } from './event.ts'
import { spansOf } from './read.ts'
import type { Span } from './read.ts'

/** What the marks of the chart mean, for the lines below it. */
export const legend = `─ on its way   ▒ queued   █ running   ▏ ran briefly
░ waiting: a call for its answer, a thread asleep in the kernel`

/**
 * A chart for the terminal: a row for each call, then a row for each thread of each process.
 * A thread that recorded no span has no row. `width` is in columns, labels included.
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
    ...threads(events).flatMap(({ label, pid, tid }) => {
      const layers = threadLayers(pid, tid, spans)
      return layers.some((layer) => layer.spans.length > 0) ? [row(label, layers)] : []
    }),
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

/** The threads of a trace, each once, named by their process or by themselves. */
function threads(events: readonly TraceEvent[]): { label: string; pid: number; tid: number }[] {
  const found = new Map<string, { label: string; pid: number; tid: number }>()
  for (const { ph, name, pid, tid, args } of events) {
    const known = found.get(`${pid}/${tid}`)
    const named = ph === 'M' ? String(args?.['name'] ?? name) : undefined
    found.set(`${pid}/${tid}`, { label: named ?? known?.label ?? `thread ${tid}`, pid, tid })
  }
  return [...found.values()]
}
