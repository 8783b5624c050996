import { inCopies, isBreakage, outcomesOf, runTrial, runTrials } from '@rpc-steps/trial'
import type { Outcome, Run, Trial } from '@rpc-steps/trial'
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

/** Tries bugs, each in a copy of its own of the package that they are of, and their tests without any of them. */
export function judgeAll(bugs: readonly Bug[], limit = defaultLimit): Promise<{ without: Run; judgements: Judgement[] }> {
  return inCopies(bugs[0]!.folder, 1 + bugs.length, async ([clean = '', ...copies]) => {
    const misfits = bugs.map((bug, i) => misfit(bug, copies[i]!))
    const fits = bugs.flatMap((bug, i) => (misfits[i] ? [] : [trialOf(bug, copies[i]!)]))
    const [without, ...runs] = await runTrials([{ folder: clean, tests: bugs.map(({ killedBy }) => killedBy) }, ...fits], { limit })
    return { without: without!, judgements: bugs.map((bug, i) => misfits[i] ?? judgementOf(bug, runs.shift()!)) }
  })
}

/** What is wrong with a bug's test before the bug is there: `green`, or why it is not. */
export function judgeWithout(bug: Bug, run: Run): string {
  const named = outcomesOf(bug.killedBy, run.outcomes)
  if (named.length === 0) return whyNone(bug, run)
  const red = named.find(({ passed }) => !passed)
  return red ? (red.failures[0]?.error ?? 'it blocks the thread') : 'green'
}

/** Tries a bug in a copy of its package. */
export function judge(bug: Bug, limit = defaultLimit, signal?: AbortSignal): Promise<Judgement> {
  return inCopies(bug.folder, 1, async ([copy = '']) => {
    return misfit(bug, copy) ?? judgementOf(bug, await runTrial(trialOf(bug, copy), { limit, signal }))
  })
}

/** Puts a bug into a copy; says so when it does not fit. */
function misfit(bug: Bug, copy: string): Judgement | undefined {
  try {
    return apply(bug.patch, copy)
  } catch (error) {
    if (error instanceof PatchError) return { verdict: `does not apply: ${error.message}` }
    throw error
  }
}

function trialOf({ killedBy }: Bug, copy: string): Trial {
  return { folder: copy, tests: [killedBy], untilRed: true }
}

function judgementOf(bug: Bug, run: Run): Judgement {
  const named = outcomesOf(bug.killedBy, run.outcomes)
  const red = named.find(({ passed }) => !passed)
  if (!red) return { verdict: named.length === 0 ? whyNone(bug, run) : 'survived' }
  const broken = red.failures.length > 0 && red.failures.every(isBreakage)
  return { verdict: broken ? `broken, not wrong: ${red.failures[0]!.error}` : 'killed', red }
}

function whyNone({ killedBy }: Bug, { trouble }: Run): string {
  return trouble[0] ?? `${killedBy.file} ran no test of that name`
}
