import type { StageName } from './stages.ts'

/** What a program did that it must not, with all that is known of it. */
export interface Finding {
  /** The name of the case, `ids: zero`. */
  readonly case: string
  readonly stage: StageName
  /** Where the case is written down, from the root of the repository: `test/conformance/cases/ids.txt:7`. */
  readonly where?: string
  /** The likely cause, in a sentence, by what came and not by guess. */
  readonly cause: string
  /** The page that says how it must be, and its section: `docs/wire.md#ids`. */
  readonly page: string
  /** What we sent, line by line. */
  readonly sent: readonly string[]
  /** What should have come, line by line. */
  readonly expected: readonly string[]
  readonly came: Came
  /** Why it must be so. */
  readonly why: readonly string[]
  /** What the program has printed on stderr meanwhile; empty when it is not ours to read. */
  readonly stderr: string
}

/** What came instead. */
export type Came =
  /** Bytes, one character each (Latin-1); `at` is the first that is wrong. */
  | { readonly kind: 'bytes'; readonly on: string; readonly bytes: string; readonly at: number; readonly says: string }
  /** Nothing, or the end of the connection. */
  | { readonly kind: 'nothing' | 'end'; readonly on: string; readonly says: string }

/** What became of one stage. */
export interface StageOutcome {
  readonly stage: StageName
  /** Cases that were played and passed, by name. */
  readonly passed: readonly string[]
  readonly skipped: readonly Skipped[]
  readonly findings: readonly Finding[]
  /** Cases that were not played: a stage before is not green, or it was stopped at the first failure. */
  readonly left: number
}

export interface Skipped {
  readonly case: string
  readonly because: string
}

/** What became of all of it. */
export interface Outcome {
  /** What was tested: its address, or the command that started it. */
  readonly subject: string
  readonly stages: readonly StageOutcome[]
  /** What is worth knowing and no failure. */
  readonly notes: readonly string[]
}
