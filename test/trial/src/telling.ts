/** A test: its file, relative to the package, and its full name or a part of it. */
export interface TestName {
  file: string
  name: string
}

/** Reads `FILE > GROUP > NAME`; undefined when it is none. */
export function testNamed(text: string): TestName | undefined {
  const [, file, name] = /^(\S+) > (.+)$/.exec(text.trim()) ?? []
  // Vitest joins the names of groups and tests with blanks; ` > ` is how it prints them.
  return file && name ? { file, name: name.replaceAll(' > ', ' ') } : undefined
}

/** What was thrown in a test. */
export interface Failure {
  /** `AssertionError: expected 1 to be 2`. */
  error: string
  stack: string
  /** What was expected beside what came, if they were compared. */
  diff?: string
  /** What it was thrown for. */
  cause?: string
  /** Nobody caught it: it came out of a callback, or of a promise that nobody looks at. */
  uncaught?: true
}

/** How one test ended. */
export interface Outcome extends TestName {
  passed: boolean
  failures: Failure[]
  /** Where the test begins in its file, from 1. */
  line?: number
  /** Not even vitest could end it: it was killed. */
  blocked?: true
  /** The file in which it has recorded what happened, if that was wanted. */
  trace?: string
}

/** What a run of tests has to tell while it goes on. Files are absolute. */
export type Telling =
  | ({ kind: 'began'; line?: number; trace?: string } & TestName)
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
