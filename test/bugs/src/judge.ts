import type { Bug } from './bug.ts'
import { inCopy, PatchError } from './copy.ts'
import { runTests } from './run-tests.ts'
import type { Outcome, Run } from './run-tests.ts'

/** Milliseconds that the tests of one bug may take. */
const defaultLimit = 90_000

/** Runs the tests that kill these bugs, of one package, in a copy without any of them. */
export function runWithout(bugs: readonly Bug[], limit = defaultLimit): Promise<Run> {
  const tests = bugs.map(({ killedBy }) => killedBy)
  return inCopy(bugs[0]!.folder, undefined, (copy) => runTests(copy, tests, limit))
}

/** What is wrong with a bug's test before the bug is there: `green`, or why it is not. */
export function judgeWithout(bug: Bug, { outcomes, trouble }: Run): string {
  const named = testsOf(bug, outcomes)
  if (named.length === 0) return trouble[0] ?? `${bug.killedBy.file} ran no test of that name`
  return named.find(({ passed }) => !passed)?.errors[0] ?? 'green'
}

/** Tries a bug: `killed`, or why not. */
export async function judge(bug: Bug, limit = defaultLimit): Promise<string> {
  try {
    const run = await inCopy(bug.folder, bug.patch, (copy) => runTests(copy, [bug.killedBy], limit))
    return verdictOf(bug, run)
  } catch (error) {
    if (error instanceof PatchError) return `does not apply: ${error.message}`
    throw error
  }
}

function verdictOf(bug: Bug, { outcomes, trouble }: Run): string {
  const named = testsOf(bug, outcomes)
  if (named.length === 0) return trouble[0] ?? `${bug.killedBy.file} ran no test of that name`
  const errors = named.flatMap((test) => test.errors)
  if (errors.length === 0) return 'survived'
  return errors.every(isBreakage) ? `broken, not wrong: ${errors[0]}` : 'killed'
}

function testsOf({ killedBy }: Bug, outcomes: readonly Outcome[]): Outcome[] {
  return outcomes.filter(({ file, name }) => file.endsWith(`/${killedBy.file}`) && name.includes(killedBy.name))
}

/** A patch that misspells a name turns every test red, and teaches nothing. */
function isBreakage(error: string): boolean {
  return /^(SyntaxError|ReferenceError|TypeError)\b|ERR_MODULE_NOT_FOUND|Cannot find module|Transform failed/.test(error)
}
