import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { steps } from '@rpc-steps/course/steps'
import { expect, it } from 'vitest'
import { files, root } from '../src/copy.ts'

/** Text for people, and recordings of what was printed, speak of any step. */
const speaks = /\.(?:md|txt)$/
/** Tests of what one step shows, such as a question in its page or a type in its code. */
const tests = /^(?:docs|test)\/(?:.+\/)?test\/|\/test\//
const lock = 'package-lock.json'

/** Where a text names a step, the files of a step itself left out. */
function namesOf(folder: string, others: readonly string[]): string[] {
  const own = [`steps/${folder}/`, `docs/steps/${folder}/`]
  return others
    .filter((file) => !own.some((place) => file.startsWith(place)))
    .filter((file) => readFileSync(join(root, file), 'latin1').includes(folder))
}

const others = files().filter((file) => !speaks.test(file) && !tests.test(file) && file !== lock)

it.each(steps)('nothing but its two folders names $folder', ({ folder }) => {
  expect(namesOf(folder, others)).toEqual([])
})

it('a list of steps is found', () => {
  expect(namesOf('02-callbacks', ['test/scratch/test/names.test.ts'])).toHaveLength(1)
})
