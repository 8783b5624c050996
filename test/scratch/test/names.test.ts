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
/** What shows one step by its name, and why. */
const shows = [
  'docs/.vitepress/waiting.data.ts', 'docs/.vitepress/model/arrivals.ts', // the curve of waiting, which the model page has, too
  'docs/.vitepress/limits.data.ts', 'docs/.vitepress/model/limits.ts', // the limits, which a page turns
  'test/bench/contenders/nats/server.ts', 'test/bench/src/others.ts', // a server of others, which a step tries and the benchmark, too
  // the calls that a page makes of a server
  'docs/.vitepress/programs/page.ts', 'docs/.vitepress/record/page.ts', 'docs/.vitepress/theme/page/FromThisPage.vue', 'docs/.vitepress/theme/page/calls.ts',
]
/** All of it is about step 04 and what that stands on: patches of them, and what was measured. */
const stages = 'test/stages/'

/** Where a text names a step. The step itself is left out, and those that come later: they stand on it. */
function namesOf(folder: string, others: readonly string[]): string[] {
  const stepIn = (file: string) => /^(?:docs\/)?steps\/([^/]+)\//.exec(file)?.[1] ?? ''
  return others
    .filter((file) => stepIn(file) < folder)
    .filter((file) => readFileSync(join(root, file), 'latin1').includes(folder))
}

const others = files().filter((file) => !speaks.test(file) && !tests.test(file) && file !== lock && !shows.includes(file) && !file.startsWith(stages))

it.each(steps)('nothing but its two folders names $folder', ({ folder }) => {
  expect(namesOf(folder, others)).toEqual([])
})

it('a list of steps is found', () => {
  expect(namesOf('02-callbacks', ['test/scratch/test/names.test.ts'])).toHaveLength(1)
})
