import { shapes } from './measure.ts'
import type { Ends, Row, Shape, Work } from './row.ts'

/** A step and its line. */
export interface Named {
  name: string
  row: Row
}

/** What is told of a call in each shape: the heading in two lines, and the figure. */
const columns: readonly (readonly [string, string, (work: Work) => number | undefined, number])[] = [
  ['system', 'calls', ({ systemCalls }) => both(systemCalls), 2],
  ['', 'reads', ({ reads }) => both(reads), 2],
  ['', 'writes', ({ writes }) => both(writes), 2],
  ['heap', 'bytes', ({ allocated }) => both(allocated), 0],
  ['client', 'us', ({ processor }) => processor.client, 1],
  ['server', 'us', ({ processor }) => processor.server, 1],
  ['p50', 'us', ({ p50 }) => p50, 0],
  ['p99', 'us', ({ p99 }) => p99, 0],
]

function both(ends: Ends | undefined): number | undefined {
  return ends && ends.client + ends.server
}

/** All that was measured, as tables of 80 columns. */
export function tables(rows: readonly Named[]): string {
  const calls = shapes.map(([name, { title }]) => ofShape(name, title, rows))
  return [...calls, others(rows), ofFilters(rows), notes(rows)].filter((text) => text !== '').join('\n\n')
}

function ofShape(shape: Shape, title: string, rows: readonly Named[]): string {
  const able = rows.flatMap(({ name, row }) => (row.work[shape] ? [{ name, work: row.work[shape] }] : []))
  if (able.length === 0) return ''
  const heads = [['', ...columns.map(([above]) => above)], ['', ...columns.map(([, below]) => below)]]
  return table(title, heads, able.map(({ name, work }) => [
    name, ...columns.map(([, , of, digits]) => figure(of(work), digits)),
  ]))
}

function others(rows: readonly Named[]): string {
  return table('a call on the wire, an idle connection, and the end', [['', 'wire', 'wire', 'memory', 'heap', 'idle', 'busy'], ['', 'up', 'down', 'bytes', 'bytes', 'ms', 'ms']], rows.map(({ name, row: { wire, idle, end } }) => [
    name, figure(wire.up, 1), figure(wire.down, 1), figure(idle?.resident, 0), figure(idle?.heap, 0), figure(end.idle, 0), figure(end.busy, 0),
  ]))
}

function ofFilters(rows: readonly Named[]): string {
  const all = rows.flatMap(({ name, row }) => row.filters.map((filter) => ({ step: name.slice(0, 2), ...filter })))
  if (all.length === 0) return ''
  return table('what a filter adds to a call of step 04', [['', 'ns', 'bytes']], all.map(({ step, name, ns, bytes }) => [`${step} ${name}`, figure(ns, 0), figure(bytes, 0)]), 34)
}

function notes(rows: readonly Named[]): string {
  const all = rows.flatMap(({ name, row }) => row.without.map((why) => [name, why] as const))
  const reasons = [...new Set(all.map(([, why]) => why))]
  return reasons.map((why) => {
    const steps = all.filter(([, other]) => other === why).map(([name]) => name.slice(0, 2))
    return steps.length === rows.length ? why : `${steps.join(', ')}: ${why}`
  }).join('\n')
}

function figure(value: number | undefined, digits: number): string {
  if (value === undefined) return '-'
  const fractionDigits = value < 100 ? digits : 0
  return value.toLocaleString('en', { minimumFractionDigits: fractionDigits, maximumFractionDigits: fractionDigits })
}

/** The first cell to the left, numbers to the right. */
function table(title: string, heads: readonly (readonly string[])[], rows: readonly (readonly string[])[], first = 22): string {
  const line = ([name = '', ...numbers]: readonly string[]) => name.padEnd(first) + numbers.map((cell) => cell.padStart(numbers.length > 7 ? 7 : 9)).join('')
  return [title, ...[...heads, ...rows].map((cells) => line(cells).trimEnd())].join('\n')
}
