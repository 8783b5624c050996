import type { Decoded } from '../decode.ts'
import type { Contender } from './contenders.ts'
import type { Result } from './measure.ts'
import type { Workload } from './workloads.ts'

/** Everything that was measured; what `--json` writes. */
export interface Report {
  node: string
  types: 'tsx' | 'node'
  platform: string
  /** The core that server and client share, or null if the system placed them. */
  core: string | null
  workloads: { name: string; title: string; results: Result[] }[]
  decode?: Decoded
}

const width = 20

/** One workload: a line for each contender. */
export function workloadTable(workload: Workload, results: readonly Result[]): string {
  const gathered = workload.together !== undefined
  const rows = results.map(({ contender, rate, milliseconds, ratio, cpu }) => [
    contender,
    gathered ? milliseconds.median.toFixed(1) : Math.round(rate.median).toLocaleString('en'),
    ratio.median.toFixed(2),
    `${ratio.low.toFixed(2)}-${ratio.high.toFixed(2)}`,
    cpu.client.toFixed(1),
    Number.isNaN(cpu.server) ? '-' : cpu.server.toFixed(1),
  ])
  const heading = [gathered ? 'ms' : 'calls/s', 'x bare', 'quartiles', 'client us', 'server us']
  return [
    workload.title,
    line(['', ...heading], columns),
    ...rows.map((row) => line(row, columns)),
  ].join('\n')
}

const columns = [width, 9, 8, 13, 11, 11]

/** All of it: how many times as fast as bare, a column for each workload. */
export function summaryTable({ workloads }: Report): string {
  const contenders = new Set(workloads.flatMap(({ results }) => results.map((r) => r.contender)))
  const columns = [width, ...workloads.map(() => 12)]
  const rows = [...contenders].map((contender) => [
    contender,
    ...workloads.map(
      ({ results }) =>
        results.find((result) => result.contender === contender)?.ratio.median.toFixed(2) ?? '-',
    ),
  ])
  return [
    'times as fast as bare',
    line(['', ...workloads.map(({ name }) => name)], columns),
    ...rows.map((row) => line(row, columns)),
  ].join('\n')
}

const linesWidth = 80
const nameWidth = 16

/** In what others and we differ: what they do that our steps do not, and the other way round. */
export function differences(contenders: readonly Pick<Contender, 'name' | 'does' | 'lacks'>[]): string {
  const lines = contenders.flatMap(({ name, does, lacks }) => {
    if (does === undefined || lacks === undefined) return []
    return [...marked('+', does), ...marked('-', lacks)].map((text, i) => (i === 0 ? name : '').padEnd(nameWidth) + text)
  })
  return ['+ what it does that ours do not; - what ours do that it does not', ...lines].join('\n')
}

function marked(mark: string, text: string): string[] {
  return wrapped(text, linesWidth - nameWidth - 2).map((line, i) => `${i === 0 ? mark : ' '} ${line}`)
}

/** Why some have no number in a table, each reason once. */
export function absences(contenders: readonly Pick<Contender, 'name' | 'cannot'>[]): string {
  const names = new Map<string, string[]>()
  for (const { name, cannot } of contenders) {
    if (cannot) names.set(cannot.because, [...(names.get(cannot.because) ?? []), name])
  }
  return [...names].flatMap(([because, all]) => wrapped(`${all.join(', ')}: ${because}`, linesWidth)).join('\n')
}

function wrapped(text: string, width: number): string[] {
  return text.match(new RegExp(`\\S.{0,${width - 1}}(?= |$)`, 'g')) ?? []
}

export function decodeLine({ framer, prefix, ratio }: Decoded): string {
  return (
    `decode: ${framer.median.toFixed(0)} ns a message, by a 4-byte prefix ` +
    `${prefix.median.toFixed(0)} ns: ${ratio.median.toFixed(2)} times as fast`
  )
}

/** The first cell to the left, numbers to the right. */
function line(cells: readonly string[], columns: readonly number[]): string {
  return cells
    .map((cell, i) => (i === 0 ? cell.padEnd(columns[i]!) : cell.padStart(columns[i]!)))
    .join('')
    .trimEnd()
}
