import { runsHere, stepsIn, subjectsOf } from '@rpc-steps/course/steps'
import type { Subject } from '@rpc-steps/course/steps'

const steps = stepsIn('chaos').filter(runsHere)
const ways = steps.map((step) => subjectsOf(step, 'chaos'))

/** Every step that takes part and runs here, as it starts without options. */
export const plain: readonly Subject[] = ways.map(([first]) => first!)

/** The same, and in every other way of starting them. */
export const all: readonly Subject[] = ways.flat()

/** One thread, which serves one connection from its beginning to its end. */
export function servesOneAtATime({ clients }: Subject): boolean {
  return clients === 'one'
}

/** A thread for each connection, and only so many. */
export function hasThreads({ clients }: Subject): boolean {
  return clients === 'threads'
}
