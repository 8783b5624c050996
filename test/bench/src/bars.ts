import type { Report } from './report.ts'

/** What a contender must reach in a workload. */
interface Bar {
  workload: string
  contender: string
  atLeast?: { ratio: number; against: string }
  atMost?: { milliseconds: number }
}

const bare = (ratio: number) => ({ atLeast: { ratio, against: 'bare' } })
const vscode = (ratio: number) => ({ atLeast: { ratio, against: 'vscode-jsonrpc' } })

// One at a time most of a call is the kernel's: a write to loopback takes half of it, by anybody.
const bars: readonly Bar[] = [
  { workload: 'one', contender: '01-blocking-sockets', ...bare(1.3) },
  { workload: 'one', contender: '04-async-await', ...bare(0.9) },
  { workload: 'in-flight', contender: '02-callbacks', ...bare(1.5) },
  { workload: 'in-flight', contender: '02-callbacks', ...vscode(4) },
  { workload: 'in-flight', contender: '03-event-loop', ...bare(2) },
  { workload: 'in-flight', contender: '04-async-await', ...bare(1.5) },
  { workload: 'in-flight', contender: '04-async-await', ...vscode(4) },
  { workload: 'in-flight', contender: '04-five-filters', atLeast: { ratio: 0.9, against: '04-async-await' } },
  { workload: 'connections', contender: '03-event-loop', ...bare(1.2) },
  { workload: 'large', contender: '02-callbacks', ...bare(1.6) },
  { workload: 'large', contender: '03-event-loop', ...bare(1.5) },
  { workload: 'large', contender: '04-async-await', ...bare(1.6) },
  // Who gathers keeps all results until the last is there.
  { workload: 'large', contender: '05-gather', ...bare(1.2) },
  { workload: 'gather', contender: '05-gather', atMost: { milliseconds: 18 } },
]
const leastDecodeRatio = 0.85

/** A bar that was measured. */
export interface Checked {
  text: string
  reached: boolean
}

/** Holds what was measured against the bars; what was not measured is left out. */
export function check(report: Report): Checked[] {
  const checked: Checked[] = []
  for (const { workload, contender, atLeast, atMost } of bars) {
    const measured = report.workloads.find(({ name }) => name === workload)
    const find = (name?: string) => measured?.results.find((result) => result.contender === name)
    const result = find(contender)
    const other = find(atLeast?.against)
    if (result && atLeast && other) {
      const ratio = result.ratio.median / other.ratio.median
      checked.push({
        text: `${workload}: ${contender} ${ratio.toFixed(2)} x ${atLeast.against}, at least ${atLeast.ratio}`,
        reached: ratio >= atLeast.ratio,
      })
    }
    if (result && atMost) {
      const { median } = result.milliseconds
      checked.push({
        text: `${workload}: ${contender} ${median.toFixed(1)} ms, at most ${atMost.milliseconds}`,
        reached: median <= atMost.milliseconds,
      })
    }
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
