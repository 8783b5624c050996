import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { MarkdownRenderer } from 'vitepress'
import type { Ends, FilterCost, Row, Shape, Work } from '../../test/ledger/src/row.ts'
import { steps } from './course.ts'
import type { Step } from './course.ts'
import { root, textOf } from './source.ts'

/** A step that is in the ledger. */
export interface Line {
  step: Step
  row: Row
}

/** Where the line of a step is recorded, relative to the root. */
export function ledgerOf({ folder }: Pick<Step, 'folder'>): string {
  return `docs/steps/${folder}/ledger.json`
}

/** All lines of the ledger, in the order of the steps. */
export function ledger(): Line[] {
  return steps.flatMap((step) => {
    const file = ledgerOf(step)
    return existsSync(join(root, file)) ? [{ step, row: JSON.parse(textOf(file)) as Row }] : []
  })
}

/** A number, or what it is at either end. */
type Value = number | Ends | undefined
/** How a number is written. */
type Say = (value: number) => string

/** One column of a table, or one row of the table in a chapter. */
interface Figure {
  title: string
  of: (row: Row) => Value
  say: Say
}

const shapes: Readonly<Record<Shape, string>> = {
  'one': 'one at a time',
  'in-flight': '64 in flight',
  'connections': '64 connections',
}
const grouped = (value: number, digits: number) =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
const count: Say = (value) => grouped(value, value < 1 ? 2 : 1)
const bytes: Say = (value) => (Math.abs(value) < 10_000 ? `${grouped(value, 0)} B` : `${grouped(value / 1024, 1)} KiB`)
const microseconds: Say = (value) => (value < 10_000 ? `${grouped(value, value < 100 ? 1 : 0)} µs` : `${grouped(value / 1000, 1)} ms`)
const milliseconds: Say = (value) => `${grouped(value, 0)} ms`
const nanoseconds: Say = (value) => (Math.abs(value) < 1000 ? `${grouped(value, 0)} ns` : `${grouped(value / 1000, 1)} µs`)

/** What is told of a call, in each shape. */
const ofCall = {
  systemCalls: [({ systemCalls }: Work) => systemCalls, count],
  reads: [({ reads }: Work) => reads, count],
  writes: [({ writes }: Work) => writes, count],
  allocated: [({ allocated }: Work) => allocated, bytes],
  processor: [({ processor: { client, server } }: Work) => (server === undefined ? client : { client, server }), microseconds],
  p50: [({ p50 }: Work) => p50, microseconds],
  p99: [({ p99 }: Work) => p99, microseconds],
} as const satisfies Record<string, readonly [(work: Work) => Value, Say]>
type OfCall = keyof typeof ofCall

function ofShape(what: OfCall, shape: Shape, title = shapes[shape]): Figure {
  const [of, say] = ofCall[what]
  return { title, say, of: ({ work }) => work[shape] && of(work[shape]) }
}

/** The tables of the page, by their names. */
const figures: Readonly<Record<string, readonly Figure[]>> = {
  ...Object.fromEntries((Object.keys(ofCall) as OfCall[]).map((what) => {
    return [what, (Object.keys(shapes) as Shape[]).map((shape) => ofShape(what, shape))]
  })),
  wire: [
    { title: 'the request', of: ({ wire }) => wire.up, say: bytes },
    { title: 'the answer', of: ({ wire }) => wire.down, say: bytes },
  ],
  idle: [
    { title: 'of the machine', of: ({ idle }) => idle?.resident, say: bytes },
    { title: 'of the heap', of: ({ idle }) => idle?.heap, say: bytes },
  ],
  end: [
    { title: 'with nothing in flight', of: ({ end }) => end.idle, say: milliseconds },
    { title: 'with 64 calls in flight', of: ({ end }) => end.busy, say: milliseconds },
  ],
}

/** The rows of the table in a chapter. */
const inChapter: readonly Figure[] = [
  ofShape('systemCalls', 'one', 'system calls, one call at a time'),
  ofShape('systemCalls', 'connections', 'system calls, 64 connections'),
  ofShape('processor', 'one', 'processor time, one call at a time'),
  ofShape('processor', 'in-flight', 'processor time, 64 in flight'),
  ofShape('processor', 'connections', 'processor time, 64 connections'),
  ofShape('p50', 'one', 'time until the answer, one call at a time'),
  ofShape('allocated', 'in-flight', 'allocated, 64 in flight'),
  { title: 'bytes on the wire', of: ({ wire: { up, down } }) => up + down, say: bytes },
  { title: 'memory of an idle connection', of: ({ idle }) => idle?.resident, say: bytes },
  { title: 'time to end, nothing in flight', of: ({ end }) => end.idle, say: milliseconds },
]

/** Both ends together. */
export function sumOf(value: Value): number | undefined {
  return typeof value === 'object' ? value.client + value.server : value
}

/** How many times as much: two digits, and `same` when they say nothing. */
export function ratio(value: number, before: number): string {
  const times = value / before
  if (Math.abs(times - 1) < 0.05) return 'the same'
  return `× ${times >= 10 ? grouped(times, 0) : times.toPrecision(2)}`
}

/** A cell of a table: what is said, and as parts of the longest bar of the column what each end has of it. */
interface Cell {
  text: string
  bars: { end: 'client' | 'server' | 'both'; share: number }[]
}

/** The cells of a table of the page: a row for each step or filter. */
interface Table {
  heads: string[]
  rows: { name: string; number: string; link: string | undefined; cells: (Cell | undefined)[] }[]
}

function tableOf(what: string): Table {
  const lines = ledger()
  if (what === 'filters') {
    const all = lines.flatMap(({ step, row }) => row.filters.map((filter) => ({ step, filter })))
    const columns = [
      { title: 'time of a processor', of: ({ ns }: FilterCost) => ns, say: nanoseconds },
      { title: 'on the wire', of: ({ bytes }: FilterCost) => bytes, say: bytes },
    ]
    const most = columns.map(({ of }) => Math.max(...all.map(({ filter }) => of(filter))))
    return {
      heads: columns.map(({ title }) => title),
      rows: all.map(({ step, filter }) => ({
        name: filter.name, number: step.number, link: undefined,
        cells: columns.map(({ of, say }, i) => cellOf(of(filter), say, most[i]!)),
      })),
    }
  }
  const columns = figures[what]
  if (!columns) throw new Error(`there is no table of ${what}: ${Object.keys(figures).join(', ')}, filters`)
  const most = columns.map(({ of }) => Math.max(...lines.map(({ row }) => sumOf(of(row)) ?? 0)))
  return {
    heads: columns.map(({ title }) => title),
    rows: lines.map(({ step, row }) => ({
      name: step.title, number: step.number, link: `/steps/${step.folder}`,
      cells: columns.map(({ of, say }, i) => cellOf(of(row), say, most[i]!)),
    })),
  }
}

function cellOf(value: Value, say: Say, most: number): Cell | undefined {
  if (value === undefined) return undefined
  const share = (part: number) => Math.max(0, part / most)
  if (typeof value === 'number') return { text: say(value), bars: [{ end: 'both', share: share(value) }] }
  const bars = (['client', 'server'] as const).map((end) => ({ end, share: share(value[end]) }))
  return { text: say(value.client + value.server), bars }
}

/** `<Costs of="wire" />`: a table whose cells have bars. HTML, with nothing that needs a script. */
function htmlOf(what: string, link: (path: string) => string): string {
  const { heads, rows } = tableOf(what)
  const bars = ({ bars }: Cell) => bars.map(({ end, share }) => `<i class="${end}" style="width:${(100 * share).toFixed(1)}%"></i>`).join('')
  const cell = (cell: Cell | undefined) => (cell ? `<td>${cell.text}<span class="bar">${bars(cell)}</span></td>` : '<td>–</td>')
  const name = ({ name, number, link: to }: Table['rows'][number]) => {
    const words = `<span class="number">${number}</span> <span class="name">${name}</span>`
    return `<th scope="row">${to === undefined ? words : `<a href="${link(to)}">${words}</a>`}</th>`
  }
  const first = what === 'filters' ? 'filter' : 'step'
  return [
    `<table class="costs ${first}s"><thead><tr><th scope="col"><span class="name">${first}</span></th>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead>`,
    `<tbody>${rows.map((row) => `<tr>${name(row)}${row.cells.map(cell).join('')}</tr>`).join('')}</tbody></table>`,
  ].join('')
}

/** `<Costs of="wire" />` in Markdown, for those who have only that. */
export function costsInWords(what: string): string {
  const { heads, rows } = tableOf(what)
  return markdownTable([what === 'filters' ? 'filter' : 'step', ...heads], rows.map(({ number, name, cells }) => [`${number} ${name}`, ...cells.map((cell) => cell?.text ?? '–')]))
}

/** `<Cost step="03" />`: the line of a step, and that of the step before it. Markdown. */
export function costInWords(number: string): string {
  const lines = ledger()
  const at = lines.findIndex(({ step }) => step.number === number)
  const [before, here] = [lines[at - 1], lines[at]]
  if (!here) throw new Error(`the ledger has no step ${number}: npm run ledger -- --step ${number} --record`)
  const rows = inChapter.flatMap(({ title, of, say }) => {
    const now = sumOf(of(here.row))
    if (now === undefined) return []
    if (!before) return [[title, say(now)]]
    const then = sumOf(of(before.row))
    return [then === undefined ? [title, '–', say(now), ''] : [title, say(then), say(now), ratio(now, then)]]
  })
  const beside = before ? `beside step ${before.step.number}, ` : ''
  return [
    `Step ${number} ${beside}on the same work, for a call, with client and server added up:`,
    markdownTable(['what', ...(before ? [`step ${before.step.number}`] : []), `step ${number}`, ...(before ? ['ratio'] : [])], rows),
  ].join('\n\n')
}

function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(heads), line(heads.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n')
}

/**
 * A number of the ledger in a sentence: `<Costed of="systemCalls.one" step="03" />`. With `by`, how many times as
 * much as of that step. With `filter`, what that filter adds.
 */
export function costed({ of: what = '', step: number = '', by, filter }: Record<string, string | undefined>): string {
  const lineOf = (number: string) => {
    const line = ledger().find(({ step }) => step.number === number)
    if (!line) throw new Error(`the ledger has no step ${number}`)
    return line
  }
  if (filter !== undefined) {
    const found = ledger().flatMap(({ row }) => row.filters).find(({ name }) => name === filter)
    if (!found) throw new Error(`the ledger has no filter ${filter}`)
    return what === 'bytes' ? bytes(found.bytes) : nanoseconds(found.ns)
  }
  const [table = '', column = ''] = what.split('.')
  const at = Object.keys(shapes).indexOf(column)
  const figure = figures[table]?.[at < 0 ? Number(column) : at]
  const value = (number: string) => sumOf(figure?.of(lineOf(number).row))
  const [here, other] = [value(number), by === undefined ? undefined : value(by)]
  if (!figure || here === undefined || (by !== undefined && other === undefined)) throw new Error(`the ledger of step ${number} has no ${what}`)
  return other === undefined ? figure.say(here) : times(here / other)
}

const times = (value: number) => (value >= 10 ? grouped(value, 0) : value.toPrecision(2))

/** Puts all of it into the pages, as plain HTML. */
export function costs(md: MarkdownRenderer, base: string): void {
  const html = md.renderer.rules.html_inline
  if (!html) throw new Error('the renderer has no rule for HTML')
  md.renderer.rules.html_inline = (tokens, index, options, env, self) => {
    const link = (path: string) => `${base}${path.slice(1)}.html`
    return html(tokens, index, options, env, self)
      .replace(/<Costs of="(\w+)" \/>/g, (_, what: string) => htmlOf(what, link))
      .replace(/<Costed ([^>]*) \/>/g, (_, given: string) => costed(attributesOf(given)))
      .replace(/<Cost step="(\d+)" \/>/g, (_, number: string) => {
        // Not as a part of its page, which would look for places in the page's own text.
        const apart = { ...(env as object), relativePath: undefined }
        return `<div class="cost">${md.render(costInWords(number), apart)}<p class="how"><a href="${link('/costs')}">How it is measured, and all steps side by side</a></p></div>`
      })
  }
}

/** What stands in a tag. */
function attributesOf(given: string): Record<string, string> {
  return Object.fromEntries([...given.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]))
}
