import type { Bug } from './bug.ts'
import { inCopy, PatchError } from './copy.ts'
import { runTests } from './run-tests.ts'
import type { Run } from './run-tests.ts'
import type { Failure, Outcome } from './telling.ts'

/** What came of a bug. */
export interface Judgement {
  /** `killed`, or why not. */
  verdict: string
  /** The test that found it. */
  red?: Outcome
}

/** Milliseconds that the test of a bug may take. */
export const defaultLimit = 20_000

/** Runs the tests that kill these bugs, of one package, in a copy without any of them. */
export function runWithout(bugs: readonly Bug[], limit = defaultLimit): Promise<Run> {
  const tests = bugs.map(({ killedBy }) => killedBy)
  return inCopy(bugs[0]!.folder, undefined, (copy) => runTests(copy, tests, { limit }))
}

/** What is wrong with a bug's test before the bug is there: `green`, or why it is not. */
export function judgeWithout(bug: Bug, run: Run): string {
  const named = testsOf(bug, run)
  if (named.length === 0) return whyNone(bug, run)
  const red = named.find(({ passed }) => !passed)
  return red ? (red.failures[0]?.error ?? 'it blocks the thread') : 'green'
}

/** Tries a bug in a copy of its package. */
export async function judge(bug: Bug, limit = defaultLimit, signal?: AbortSignal): Promise<Judgement> {
  try {
    const run = await inCopy(bug.folder, bug.patch, (copy) =>
      runTests(copy, [bug.killedBy], { limit, untilRed: true, signal }),
    )
    return judgementOf(bug, run)
  } catch (error) {
    if (error instanceof PatchError) return { verdict: `does not apply: ${error.message}` }
    throw error
  }
}

function judgementOf(bug: Bug, run: Run): Judgement {
  const named = testsOf(bug, run)
  const red = named.find(({ passed }) => !passed)
  if (!red) return { verdict: named.length === 0 ? whyNone(bug, run) : 'survived' }
  const broken = red.failures.length > 0 && red.failures.every(isBreakage)
  return { verdict: broken ? `broken, not wrong: ${red.failures[0]!.error}` : 'killed', red }
}

function testsOf({ killedBy }: Bug, { outcomes }: Run): Outcome[] {
  return outcomes.filter(({ file, name }) => file.endsWith(`/${killedBy.file}`) && name.includes(killedBy.name))
}

function whyNone({ killedBy }: Bug, { trouble }: Run): string {
  return trouble[0] ?? `${killedBy.file} ran no test of that name`
}

/** A patch that misspells a name turns every test red, and teaches nothing. */
function isBreakage({ error }: Failure): boolean {
  return /^(SyntaxError|ReferenceError|TypeError)\b|ERR_MODULE_NOT_FOUND|Cannot find module|Transform failed/.test(error)
}

/** Whether a test is red because something never came. */
export function hangs({ blocked, failures }: Outcome): boolean {
  return blocked === true || failures.some(({ error }) => /^Error: (Test|Hook) timed out in /.test(error))
}
