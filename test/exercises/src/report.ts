import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inCopies } from '@rpc-steps/trial'
import { countAll } from './check.ts'
import type { CheckOptions } from './check.ts'
import type { Exercise } from './exercise.ts'
import { bodyIn } from './hole.ts'
import { copyOf } from './working-copy.ts'

/** What somebody has made of an exercise. */
export interface Standing {
  id: string
  step: string
  name: string
  title: string
  state: 'not begun' | 'begun' | 'passes'
  /** Tests that judge it: the green ones, and all. */
  tests: { green: number; all: number }
  /** The beginning of the SHA-256 of what was written, without blanks at its ends: the same for who wrote the same. */
  written?: string
  /** What was written is our solution, to the letter. */
  isOurs?: true
  /** Why no test could be run. */
  trouble?: string
}

/**
 * Tries everything in a folder of copies anew. Nothing that is remembered there counts, and no test:
 * the files that hold what was to be written are put into a fresh copy of the package.
 */
export async function report(exercises: readonly Exercise[], place: string, options: CheckOptions): Promise<Standing[]> {
  const found = new Map<string, Standing>()
  const packages = new Map<string, Exercise[]>()
  for (const exercise of exercises) {
    const isBegun = filesOf(exercise).some((file) => existsSync(join(copyOf(exercise, place), file)))
    if (isBegun) packages.set(exercise.folder, [...(packages.get(exercise.folder) ?? []), exercise])
  }
  for (const [folder, begun] of packages) {
    const counted = await inCopies(folder, begun.length, async (copies) => {
      for (const [i, exercise] of begun.entries()) {
        for (const file of filesOf(exercise)) {
          const theirs = join(copyOf(exercise, place), file)
          if (existsSync(theirs)) copyFileSync(theirs, join(copies[i]!, file))
        }
      }
      return countAll(begun.map((exercise, i) => ({ exercise, copy: copies[i]! })), options)
    })
    for (const [i, exercise] of begun.entries()) {
      const { green, trouble } = counted[i]!
      const all = exercise.tests.length
      const [theirs, ours] = [writtenIn(exercise, copyOf(exercise, place)), writtenIn(exercise, exercise.folder)]
      found.set(exercise.id, {
        ...about(exercise),
        state: green === all && trouble === undefined ? 'passes' : 'begun',
        tests: { green, all },
        written: createHash('sha256').update(theirs).digest('hex').slice(0, 16),
        ...(theirs === ours && { isOurs: true }),
        ...(trouble !== undefined && { trouble }),
      })
    }
  }
  return exercises.map(
    (exercise) =>
      found.get(exercise.id) ?? { ...about(exercise), state: 'not begun', tests: { green: 0, all: exercise.tests.length } },
  )
}

/** What is printed for people. */
export function reportInWords(standings: readonly Standing[], place: string): string {
  const lines = standings.map(({ id, title, state, tests, written = '', isOurs, trouble }) => {
    const count = state === 'not begun' ? '' : `${tests.green} of ${tests.all}`
    const cells = [state.padEnd(11), count.padEnd(10), written.padEnd(18), id.padEnd(18), title]
    const more = [isOurs && 'ours, to the letter', trouble?.split('\n')[0]].filter((text) => text)
    return [cells.join('').trimEnd(), ...more].join('; ')
  })
  const passes = standings.filter(({ state }) => state === 'passes').length
  return [
    `${'state'.padEnd(11)}${'tests'.padEnd(10)}${'written'.padEnd(18)}exercise`,
    ...lines,
    `\n${passes} of ${standings.length} pass. Checked anew, from the files in ${place}.`,
  ].join('\n')
}

function about({ id, step, name, title }: Exercise) {
  return { id, step, name, title }
}

function filesOf({ holes }: Exercise): string[] {
  return [...new Set(holes.map(({ file }) => file))]
}

/** What stands in the functions that were to be written, or in their file where they are no more. */
function writtenIn({ holes }: Exercise, folder: string): string {
  return holes
    .map(({ file, name }) => {
      const path = join(folder, file)
      const text = existsSync(path) ? readFileSync(path, 'utf8').replaceAll('\r\n', '\n') : ''
      try {
        return bodyIn(text, name).trim()
      } catch {
        return text.trim()
      }
    })
    .join('\n')
}
