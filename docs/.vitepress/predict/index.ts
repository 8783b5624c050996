import { besidePages } from '../beside.ts'
import type { Question } from './question.ts'

/** All questions, in the order of the chapters. */
export const questions: readonly Question[] = (
  await besidePages<readonly Question[]>('questions')
).flatMap(([, questions]) => questions)

/** @throws Error when there is none of that name */
export function questionOf(id: string): Question {
  const found = questions.find((question) => question.id === id)
  if (!found) throw new Error(`no question is called ${id}`)
  return found
}
