import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { exercisesIn } from '../exercises.ts'
import { besidePages } from '../beside.ts'
import type { Step } from '../course.ts'
import { questions } from '../predict/index.ts'
import { root } from '../source.ts'

/**
 * What shows that something is so, or whether somebody can do it: `question 03-computes`,
 * `bug stale-event` or `exercise dispatch`, of the same step.
 */
export type Shown = `question ${string}` | `bug ${string}` | `exercise ${string}`

/** What a teacher wants to know of a step beside its chapter. The texts are Markdown, without numbers. */
export interface Teaching {
  /** The week of a semester in which it is read, from 1. */
  week: number
  /** The day of a workshop, from 1; the exercises that there is time for, and the sections that there is none for. */
  workshop: { day: number; exercises: readonly string[]; without?: readonly string[] }
  /** What must be known before, beside what the steps before teach. */
  before: readonly string[]
  /** What a student can do afterwards, after "can": a verb that can be tested, and what tests it. */
  goals: readonly { can: string; shown: Shown }[]
  /** What many believe, what is so, and what shows it. */
  misconceptions: readonly { belief: string; instead: string; shown: Shown }[]
}

/** What is known of the steps, by their numbers. */
export const teachings: ReadonlyMap<string, Teaching> = new Map(
  (await besidePages<Teaching>('teaching')).map(([{ number }, teaching]) => [number, teaching]),
)

/**
 * Markdown for what shows something: a link, and the command where there is one.
 *
 * @throws Error when there is nothing of that name
 */
export function shownAs({ number, folder }: Step, shown: Shown): string {
  const [kind, name = ''] = shown.split(' ')
  if (kind === 'question' && questions.some(({ id }) => id === name && id.startsWith(`${number}-`))) {
    return `[question ${name}](/exam#question-${name})`
  }
  if (kind === 'bug' && existsSync(join(root, 'steps', folder, 'bugs', `${name}.patch`))) {
    return `[\`npm run bug ${number} ${name}\`](/steps/${folder}#break-it)`
  }
  if (kind === 'exercise' && exercisesIn(number).some((exercise) => exercise.name === name)) {
    return `[exercise ${name}](/steps/${folder}#write-it)`
  }
  throw new Error(`docs/steps/${folder}/teaching.ts: step ${number} has no ${shown}`)
}
