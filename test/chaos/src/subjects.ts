import { runsHere, stepsIn, subjectsOf } from '@rpc-steps/course/steps'
import type { Subject } from '@rpc-steps/course/steps'

const steps = stepsIn('chaos').filter(runsHere)
const ways = steps.map((step) => subjectsOf(step, 'chaos'))

/** Every step that takes part and runs here, as it starts without options. */
export const plain: readonly Subject[] = ways.map(([first]) => first!)

/** The same, and in every other way of starting them. */
export const all: readonly Subject[] = ways.flat()

/** Those that wait, each in its own way: what a queue is ordered by changes none of that. */
export const waiting: readonly Subject[] = ways.flatMap((some) => some.filter(waitsInItsOwnWay))

/** Whether it waits otherwise than the same step without options. */
export function waitsInItsOwnWay({ step, args }: Subject): boolean {
  return step.part === 'waiting' || args.length === 0 // another program may wait otherwise, too
}

/** One thread, which serves one connection from its beginning to its end. */
export function servesOneAtATime({ clients }: Subject): boolean {
  return clients === 'one'
}

/** A thread for each connection, and only so many. */
export function hasThreads({ clients }: Subject): boolean {
  return clients === 'threads'
}
