import type { Measured } from './report.ts'

/** What `--check` asks for. */
interface Bar {
  workload: string
  contender: string
  /** The least ratio to `against`, or the most milliseconds. */
  against?: string
  atLeast?: number
  atMostMs?: number
}

const bars: readonly Bar[] = []
