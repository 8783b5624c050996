import { existsSync } from 'node:fs'
import { allExercises, check, copyOf, defaultLimit, markDone, story } from '@rpc-steps/exercises'
import type { Exercise } from '@rpc-steps/exercises'
import type { CheckAnswer } from './messages.ts'

/** Reads which exercise is to be checked. Throws Error if it is none of ours. */
export function readExercise(body: string): Exercise {
  const { exercise: id } = Object(JSON.parse(body)) as { exercise?: unknown }
  const found = allExercises().find((exercise) => exercise.id === id)
  if (!found) throw new Error('there is no such exercise')
  return found
}

/** Checks what the reader has written, as `npm run exercise` does. Throws the reason of the signal. */
export async function checkExercise(exercise: Exercise, signal: AbortSignal): Promise<CheckAnswer> {
  const copy = copyOf(exercise)
  if (!existsSync(copy)) {
    const { step, name } = exercise
    return { result: 'not begun', text: `There is no copy yet: npm run exercise -- ${step} ${name} makes one.` }
  }
  const checked = await check(exercise, copy, { signal })
  if (checked.result === 'right') markDone(exercise)
  return { result: checked.result, text: story(exercise, checked, copy, defaultLimit) }
}
