import { questions as one } from './01.ts'
import { questions as two } from './02.ts'
import { questions as three } from './03.ts'
import { questions as four } from './04.ts'
import { questions as five } from './05.ts'
import type { Question } from './question.ts'

/** All questions, in the order of the chapters. */
export const questions: readonly Question[] = [...one, ...two, ...three, ...four, ...five]

/** @throws Error when there is none of that name */
export function questionOf(id: string): Question {
  const found = questions.find((question) => question.id === id)
  if (!found) throw new Error(`no question is called ${id}`)
  return found
}
