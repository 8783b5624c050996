import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gantt, readTrace, spansOf } from '@rpc-steps/trace'
import { outcomesOf, runTrials } from '@rpc-steps/trial'
import type { Outcome, Run } from '@rpc-steps/trial'
import type { Exercise, Judge } from './exercise.ts'

/** What came of a check. */
export type Checked =
  | { result: 'right' }
  /** `judge` is the first that it did not pass, and `right` how many it had passed until then. */
  | { result: 'wrong'; judge: Judge; outcome: Outcome; right: number; timeline: string | undefined }
  /** No test was run to its end. */
  | { result: 'broken'; why: string }

/** How to check. */
export interface CheckOptions {
  /** Milliseconds that a test may take. */
  limit?: number
  signal?: AbortSignal | undefined
}

/** Milliseconds that a test may take: those that judge have nothing to wait for. */
export const defaultLimit = 5_000

/** A copy of a package, and the exercise that it is to be checked by. */
export interface Attempt {
  exercise: Exercise
  copy: string
  /** Milliseconds that a test may take, if not those of all attempts. */
  limit?: number | undefined
}

/** Runs what judges an exercise, in a copy of it, until it is known what is the first that is red. */
export async function check(exercise: Exercise, copy: string, options?: CheckOptions): Promise<Checked> {
  const [checked] = await checkAll([{ exercise, copy }], options)
  return checked!
}

/** The same in some copies of one package, all at once. */
export async function checkAll(
  attempts: readonly Attempt[],
  { limit = defaultLimit, signal }: CheckOptions = {},
): Promise<Checked[]> {
  const traces = attempts.some(({ exercise }) => exercise.timeline) ? mkdtempSync(join(tmpdir(), 'rpc-steps-')) : undefined
  try {
    const trials = attempts.map(({ exercise, copy, limit }) => ({ folder: copy, tests: exercise.tests, untilRed: true, limit }))
    const runs = await runTrials(trials, { limit, traces, signal })
    return runs.map((run, i) => judged(attempts[i]!.exercise, run))
  } finally {
    if (traces !== undefined) rmSync(traces, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** How many of the tests that judge an exercise are green, and what kept them from being run, if anything did. */
export interface Counted {
  green: number
  trouble: string | undefined
}

/** Runs all that judges some copies of one package, and does not stop at what is red. */
export async function countAll(
  attempts: readonly Attempt[],
  { limit = defaultLimit, signal }: CheckOptions = {},
): Promise<Counted[]> {
  const trials = attempts.map(({ exercise, copy, limit }) => ({ folder: copy, tests: exercise.tests, limit }))
  const runs = await runTrials(trials, { limit, signal })
  return runs.map(({ outcomes, trouble }, i) => ({
    green: attempts[i]!.exercise.tests.filter((judge) => isGreen(judge, outcomes)).length,
    trouble: trouble[0],
  }))
}

function isGreen(judge: Judge, outcomes: readonly Outcome[]): boolean {
  const own = outcomesOf(judge, outcomes)
  return own.length > 0 && own.every(({ passed }) => passed)
}

/** Reads from a run of tests what came of an exercise. */
function judged({ tests, timeline }: Exercise, { outcomes, trouble }: Run): Checked {
  const of = (judge: Judge) => outcomesOf(judge, outcomes)
  for (const judge of tests) {
    const outcome = of(judge).find(({ passed }) => !passed)
    if (!outcome) continue
    return { result: 'wrong', judge, outcome, right: tests.filter((judge) => isGreen(judge, outcomes)).length, timeline: timeline ? timelineOf(outcome) : undefined }
  }
  if (trouble.length > 0) return { result: 'broken', why: trouble[0]! }
  const missing = tests.find((judge) => of(judge).length === 0)
  if (missing) return { result: 'broken', why: `${missing.file} ran no test "${missing.name}"` }
  return { result: 'right' }
}

/** What a test has recorded, drawn for the terminal, if there are calls in it. */
function timelineOf({ trace }: Outcome): string | undefined {
  if (trace === undefined) return undefined
  const events = readTrace(readFileSync(trace, 'utf8'))
  return spansOf(events).some(({ cat }) => cat === 'call') ? gantt(events) : undefined
}
