import { contenders } from './contenders.ts'
import type { Contender } from './contenders.ts'
import type { Report } from './report.ts'

const leastDecodeRatio = 0.85

/** A bar that was measured. */
export interface Checked {
  text: string
  reached: boolean
}

/** Holds what was measured against the bars; what was not measured is left out. */
export function check(
  report: Report,
  all: readonly Pick<Contender, 'name' | 'bars'>[] = contenders,
): Checked[] {
  const checked: Checked[] = []
  const barsOfAll = all.flatMap(({ name, bars = [] }) => bars.map((bar) => ({ contender: name, bar })))
  for (const { contender, bar } of barsOfAll) {
    const { workload } = bar
    const measured = report.workloads.find(({ name }) => name === workload)
    const find = (name: string) => measured?.results.find((result) => result.contender === name)
    const result = find(contender)
    if (!result) continue
    if ('atMostMs' in bar) {
      const { median } = result.milliseconds
      checked.push({
        text: `${workload}: ${contender} ${median.toFixed(1)} ms, at most ${bar.atMostMs}`,
        reached: median <= bar.atMostMs,
      })
      continue
    }
    const other = find(bar.against)
    if (!other) continue
    const ratio = result.ratio.median / other.ratio.median
    checked.push({
      text: `${workload}: ${contender} ${ratio.toFixed(2)} x ${bar.against}, at least ${bar.atLeast}`,
      reached: ratio >= bar.atLeast,
    })
  }
  if (report.decode) {
    const { median } = report.decode.ratio
    checked.push({
      text: `decode: ${median.toFixed(2)} x the 4-byte prefix, at least ${leastDecodeRatio}`,
      reached: median >= leastDecodeRatio,
    })
  }
  return checked
}
