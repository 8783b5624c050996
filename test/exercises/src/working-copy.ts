import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyPackage } from '@rpc-steps/trial'
import { notWritten, root } from './exercise.ts'
import type { Bodies, Exercise } from './exercise.ts'
import { withBody } from './hole.ts'

/**
 * Where the reader's copies are: a folder of the repository, because a copy finds its packages and
 * configuration in the folders above. Git ignores it. Tests take another one.
 */
export const workplace = join(root, process.env['EXERCISES'] ?? 'exercises')

/** The reader's copy of an exercise, whether it is there or not. */
export function copyOf({ id }: Exercise, place = workplace): string {
  return join(place, id)
}

/** Makes a copy of the package with what the reader finds in the beginning. Throws if there is one. */
export function makeCopy(exercise: Exercise, copy = copyOf(exercise)): void {
  if (existsSync(copy)) throw new Error(`${copy} is there already`)
  copyPackage(exercise.folder, copy)
  fill(exercise, copy, startOf(exercise))
  // So that an editor reads it as strictly as the source itself.
  const config = { extends: '../../tsconfig.base.json', include: ['**/*.ts'] }
  writeFileSync(join(copy, 'tsconfig.json'), `${JSON.stringify(config, undefined, 2)}\n`)
}

/** Removes a copy, and with it what was written in it. */
export function removeCopy(copy: string): void {
  rmSync(copy, { recursive: true, force: true, maxRetries: 5 })
}

/** Gives the functions of a copy other bodies; those that are not named keep theirs. */
export function fill({ holes }: Exercise, copy: string, bodies: Bodies): void {
  for (const { file, name } of holes) {
    const path = join(copy, file)
    const body = bodies.get(name)
    if (body !== undefined) writeFileSync(path, withBody(readFileSync(path, 'utf8'), name, body))
  }
}

/** What the functions hold before anything is written. */
export function startOf({ holes, start }: Exercise): Bodies {
  return new Map(
    holes.map(({ name }) => [name, start.get(name) ?? `throw new Error('${notWritten(name)}')`]),
  )
}
