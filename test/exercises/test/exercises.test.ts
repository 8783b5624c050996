import { basename } from 'node:path'
import { steps } from '@rpc-steps/course/steps'
import { inCopies } from '@rpc-steps/trial'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkAll, defaultLimit } from '../src/check.ts'
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

/** Ours, nothing, and each of the mistakes. */
const writtenFor = (exercise: Exercise): Bodies[] => [new Map(), startOf(exercise), ...exercise.wrong.map(({ bodies }) => bodies)]

/** What a reader would be told of each, by the exercises of a package. */
function told(folder: string): Promise<Map<string, { checked: Checked; text: string }[]>> {
  const tries = exercises
    .filter((exercise) => exercise.folder === folder)
    .flatMap((exercise) => writtenFor(exercise).map((bodies) => ({ exercise, bodies })))
  return inCopies(folder, tries.length, async (copies) => {
    const attempts = tries.map(({ exercise, bodies }, i) => {
      fill(exercise, copies[i]!, bodies)
      // What is right is waited for: a busy machine must not make it wrong.
      return { exercise, copy: copies[i]!, limit: bodies.size === 0 ? 3 * limit : undefined }
    })
    const all = new Map<string, { checked: Checked; text: string }[]>()
    for (const [i, checked] of (await checkAll(attempts, { limit })).entries()) {
      const { exercise, copy } = attempts[i]!
      const text = story(exercise, checked, copy, limit).replaceAll(basename(copy), exercise.id)
      all.set(exercise.id, [...(all.get(exercise.id) ?? []), { checked, text: text.replace(/\s+/g, ' ') }])
    }
    return all
  })
}

const packages = [...new Set(exercises.map(({ folder }) => folder))]

describe.concurrent.each(packages)('%s', (folder) => {
  let all: Awaited<ReturnType<typeof told>>
  // All of a package at once takes a third of the time.
  beforeAll(async () => {
    all = await told(folder)
  }, 600_000)

  describe.each(exercises.filter((exercise) => exercise.folder === folder))('$id', (exercise) => {
    const { id, hints, wrong, startsWith, holes } = exercise

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

    it('is right with our solution', ({ expect }) => {
      const { checked, text } = all.get(id)![0]!
      expect(checked, text).toEqual({ result: 'right' })
    })

    it('is wrong in the beginning, and with each mistake in a way of its own', ({ expect }) => {
      const tries = [{ name: 'nothing written', says: startsWith }, ...wrong]
      const stories = new Map<string, string>()
      for (const [i, { name, says }] of tries.entries()) {
        const { checked, text } = all.get(id)![i + 1]!
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
})
