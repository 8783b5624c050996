import { basename } from 'node:path'
import { steps } from '@rpc-steps/course/steps'
import { inCopy, runTests } from '@rpc-steps/trial'
import { describe, expect, it } from 'vitest'
import { check, defaultLimit, judged } from '../src/check.ts'
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
const solutions = new Map<string, ReturnType<typeof runTests>>()
function ours({ folder }: Exercise) {
  const tests = exercises.filter((exercise) => exercise.folder === folder).flatMap(({ tests }) => tests)
  const run = solutions.get(folder) ?? inCopy(folder, (copy) => runTests(copy, tests, { limit: 2 * limit }))
  solutions.set(folder, run)
  return run
}

/** What a reader would be told who has written this. */
async function told(exercise: Exercise, bodies: Bodies): Promise<{ checked: Checked; text: string }> {
  return inCopy(exercise.folder, async (copy) => {
    fill(exercise, copy, bodies)
    const checked = await check(exercise, copy, { limit })
    const text = story(exercise, checked, copy, limit).replaceAll(basename(copy), exercise.id)
    return { checked, text: text.replace(/\s+/g, ' ') }
  })
}

describe.concurrent.each(exercises)('$id', (exercise) => {
  const { hints, wrong, startsWith, holes } = exercise

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

  it('is wrong in the beginning, and with each mistake in a way of its own', async ({ expect }) => {
    const tries = [{ name: 'nothing written', bodies: startOf(exercise), says: startsWith }, ...wrong]
    const stories = new Map<string, string>()
    for (const { name, bodies, says } of tries) {
      const { checked, text } = await told(exercise, bodies)
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
