import type { TestName } from './bug.ts'

/** What was thrown in a test. */
export interface Failure {
  /** `AssertionError: expected 1 to be 2`. */
  error: string
  stack: string
  /** What was expected beside what came, if they were compared. */
  diff?: string
}

/** How one test ended. */
export interface Outcome extends TestName {
  passed: boolean
  failures: Failure[]
  /** Where the test begins in its file, from 1. */
  line?: number
  /** Not even vitest could end it: it was killed. */
  blocked?: true
}

/** What a run of tests has to tell while it goes on. Files are absolute. */
export type Telling =
  | ({ kind: 'began'; line?: number } & TestName)
  | ({ kind: 'ended' } & Outcome)
  /** Something else than a test failed, and the tests in it were not run. */
  | { kind: 'trouble'; message: string }

// As in JSON text sequences (RFC 7464), so that it is found between what the tests print.
const begin = '\x1e'

export function lineOf(telling: Telling): string {
  return `\n${begin}${JSON.stringify(telling)}\n`
}

/** What a line tells; undefined when somebody else has printed it. */
export function readLine(line: string): Telling | undefined {
  return line.startsWith(begin) ? (JSON.parse(line.slice(1)) as Telling) : undefined
}
