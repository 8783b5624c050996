import { basename } from 'node:path'
import { steps } from '@rpc-steps/course/steps'
import { inCopies, runTrial } from '@rpc-steps/trial'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkAll, defaultLimit, judged } from '../src/check.ts'
import type { Checked } from '../src/check.ts'
import { allExercises, exercisesOf } from '../src/exercise.ts'
import type { Bodies, Exercise } from '../src/exercise.ts'
import { story } from '../src/story.ts'
import { fill, startOf } from '../src/working-copy.ts'

const exercises = allExercises()
/** Milliseconds: a reader's machine has nothing else to do. */
const limit = 2 * defaultLimit

it.each(steps.slice(0, 5).map(({ folder }) => folder))('%s has two exercises or more', (folder) => {
  expect(exercisesOf(folder).length).toBeGreaterThanOrEqual(2)
})

/** One run for each package: of our solutions, by all that judges them. */
const solutions = new Map<string, ReturnType<typeof runTrial>>()
function ours({ folder }: Exercise) {
  const tests = exercises.filter((exercise) => exercise.folder === folder).flatMap(({ tests }) => tests)
  const run = solutions.get(folder) ?? inCopies(folder, 1, ([copy = '']) => runTrial({ folder: copy, tests }, { limit: 2 * limit }))
  solutions.set(folder, run)
  return run
}

/** What a reader would be told who has written nothing, and who has made each of the mistakes. */
function told(exercise: Exercise): Promise<{ checked: Checked; text: string }[]> {
  const written: Bodies[] = [startOf(exercise), ...exercise.wrong.map(({ bodies }) => bodies)]
  return inCopies(exercise.folder, written.length, async (copies) => {
    for (const [i, copy] of copies.entries()) fill(exercise, copy, written[i]!)
    const all = await checkAll(exercise, copies, { limit })
    return all.map((checked, i) => {
      const text = story(exercise, checked, copies[i]!, limit).replaceAll(basename(copies[i]!), exercise.id)
      return { checked, text: text.replace(/\s+/g, ' ') }
    })
  })
}

describe.concurrent.each(exercises)('$id', (exercise) => {
  const { hints, wrong, startsWith, holes } = exercise
  let all: Awaited<ReturnType<typeof told>>
  // All of an exercise at once takes half of the time.
  beforeAll(async () => {
    all = await told(exercise)
  }, 300_000)

  it('has three hints, two mistakes, and names the functions that they are made in', ({ expect }) => {
    expect(hints).toHaveLength(3)
    expect(hints.filter((hint) => hint.trim() === '')).toEqual([])
    expect(wrong.length).toBeGreaterThanOrEqual(2)
    const names = holes.map(({ name }) => name)
    for (const bodies of [exercise.start, ...wrong.map(({ bodies }) => bodies)]) {
      expect(names).toEqual(expect.arrayContaining([...bodies.keys()]))
    }
    for (const { name, bodies } of wrong) expect([name, bodies.size]).not.toEqual([name, 0])
  })

  it('is right with our solution', async ({ expect }) => {
    expect(judged(exercise, await ours(exercise))).toEqual({ result: 'right' })
  })

  it('is wrong in the beginning, and with each mistake in a way of its own', ({ expect }) => {
    const tries = [{ name: 'nothing written', says: startsWith }, ...wrong]
    const stories = new Map<string, string>()
    for (const [i, { name, says }] of tries.entries()) {
      const { checked, text } = all[i]!
      expect.soft(checked.result, `${name}: ${text}`).toBe('wrong')
      if (checked.result !== 'wrong') continue
      expect.soft(checked.outcome.failures[0]?.error ?? '', name).not.toMatch(/^(SyntaxError|ReferenceError)/)
      expect.soft(text, name).toContain(says)
      stories.set(name, text)
    }
    const [, ...mistakes] = tries
    for (const { name, says } of tries) {
      const alike = mistakes.filter((other) => other.name !== name && stories.get(other.name)?.includes(says))
      expect.soft(alike.map(({ name }) => name), `they say what "${name}" says`).toEqual([])
    }
  })
})
