import type { Scenario } from '@rpc-steps/course'
import type { Past } from './past.ts'
import { Play } from './stage.ts'
import type { Broken, Happening, Row } from './stage.ts'

/** Which of the things that can happen happens: at each moment its place among them, 0 for the plain one. */
export type Choices = readonly number[]

/** What came of an order. */
export interface Played {
  /** The choices that were made. */
  choices: number[]
  rows: readonly Row[]
  broken: Broken | undefined
  /** It was broken off, because from there on it is known. */
  known: boolean
}

/** Makes the choice at a moment with so many possibilities; undefined breaks off. */
export type Choose = (moment: number, count: number, state: () => string) => number | undefined

/** More happens in no scenario that comes to an end. */
const most = 300

/** Plays a scenario once, from the beginning. */
export async function play(scenario: Scenario, without: readonly string[], choose: Choose, pasts?: Past): Promise<Played> {
  const stage = new Play(scenario, without, pasts)
  const choices: number[] = []
  const end = (known = false): Played => ({ choices, rows: stage.rows, broken: stage.broken, known })
  await quiet()
  while (!stage.broken) {
    let possible: readonly (Happening | undefined)[] = stage.next
    if (possible.length === 0) {
      stage.checkRest()
      // The plain choice is that nothing happens any more.
      possible = [undefined, ...stage.perhaps]
    }
    const choice = stage.broken ? 0 : choose(choices.length, possible.length, () => stage.state)
    if (choice === undefined) return end(true)
    const happening = possible[choice]
    if (!happening) break
    choices.push(choice)
    await happens(stage, happening)
  }
  if (stage.broken) return end()
  // What is still open closes, in the plain order.
  stage.finish()
  await quiet()
  for (let next; !stage.broken && (next = stage.next[0]); ) await happens(stage, next)
  if (!stage.broken) stage.checkClosed()
  return end()
}

async function happens(stage: Play, happening: Happening): Promise<void> {
  stage.take(happening)
  await quiet()
  stage.check()
  if (stage.rows.length > most) stage.breaks('it comes to rest', `${most} things have happened, and there is no end`)
}

/**
 * Waits until all effects of what has happened are there: turns of the event loop, until nobody has asked for
 * another one. Promises and `nextTick` need none of their own. No time passes, and nothing is on any network.
 */
async function quiet(): Promise<void> {
  do await new Promise<void>((resolve) => setImmediate(resolve))
  while (process.getActiveResourcesInfo().includes('Immediate'))
}
