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
  | { kind: 'trouble'; file: string; message: string }
  /** Of this file nothing more comes. */
  | { kind: 'over'; file: string }

/** The outcomes of a test; of several, if its name is a part of theirs. */
export function outcomesOf({ file, name }: TestName, outcomes: readonly Outcome[]): Outcome[] {
  return outcomes.filter((outcome) => outcome.file.endsWith(`/${file}`) && outcome.name.includes(name))
}

/**
 * Whether it is known which of these tests is the first that is red; or one hangs or is about to, and
 * others might as well.
 */
export function isDecided(tests: readonly TestName[], outcomes: readonly Outcome[]): boolean {
  if (outcomes.some((outcome) => hangs(outcome) || outcome.failures[0]?.uncaught)) return true
  const firstOpen = tests.findIndex((test) => outcomesOf(test, outcomes).length === 0)
  const decided = firstOpen < 0 ? tests : tests.slice(0, firstOpen)
  return decided.some((test) => outcomesOf(test, outcomes).some(({ passed }) => !passed))
}

/** Whether a test is red because something never came. */
export function hangs({ blocked, failures }: Outcome): boolean {
  return blocked === true || failures.some(({ error }) => /^Error: (Test|Hook) timed out in /.test(error))
}

// As in JSON text sequences (RFC 7464), so that it is found between what the tests print.
const begin = '\x1e'
/** Threads write into the same pipe, which keeps together what is no longer than this (PIPE_BUF, POSIX). */
const longest = 400

/** The lines that tell something, which `by` writes one by one. All but the last say that more follows. */
export function linesOf(telling: Telling, by: string | number): string[] {
  const text = JSON.stringify(telling).replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const pieces = text.match(new RegExp(`.{1,${longest}}`, 'g')) ?? []
  return pieces.map((piece, i) => `\n${begin}${by} ${i + 1 < pieces.length ? '+' : '.'}${piece}\n`)
}

/** Reads lines, and gives what the last of them has completed; undefined when it is nothing, or printed by somebody else. */
export function tellingReader(): (line: string) => Telling | undefined {
  const begun = new Map<string, string>()
  return (line) => {
    const [, by = '', more, piece] = line.startsWith(begin) ? (/^.(\S+) ([+.])(.*)$/.exec(line) ?? []) : []
    if (more === undefined) return undefined
    const text = `${begun.get(by) ?? ''}${piece}`
    begun.set(by, more === '+' ? text : '')
    return more === '+' ? undefined : (JSON.parse(text) as Telling)
  }
}
