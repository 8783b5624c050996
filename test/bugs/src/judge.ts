import { inCopy, isBreakage, runTests } from '@rpc-steps/trial'
import type { Outcome, Run } from '@rpc-steps/trial'
import type { Bug } from './bug.ts'
import { apply, PatchError } from './patch.ts'

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
  return inCopy(bugs[0]!.folder, (copy) => runTests(copy, tests, { limit }))
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
    const run = await inCopy(bug.folder, (copy) => {
      apply(bug.patch, copy)
      return runTests(copy, [bug.killedBy], { limit, enough: isRed, signal })
    })
    return judgementOf(bug, run)
  } catch (error) {
    if (error instanceof PatchError) return { verdict: `does not apply: ${error.message}` }
    throw error
  }
}

function isRed(outcomes: readonly Outcome[]): boolean {
  return outcomes.some(({ passed }) => !passed)
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
