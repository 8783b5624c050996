import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Scenarios } from '@rpc-steps/course'
import { home, steps } from '@rpc-steps/course/steps'
import type { Step } from '@rpc-steps/course/steps'
import { inCopies } from '@rpc-steps/trial'
import { bugsOf } from '../../bugs/src/bug.ts'
import type { Bug } from '../../bugs/src/bug.ts'
import { apply } from '../../bugs/src/patch.ts'

const folderOf = ({ folder }: Step) => fileURLToPath(new URL(folder, home))

/** The steps that have an `orders.ts`. */
export const subjects: readonly Step[] = steps.filter((step) => existsSync(join(folderOf(step), 'orders.ts')))

/** The wrong versions of a step. */
export function wrongVersions(step: Step): Bug[] {
  return existsSync(join(folderOf(step), 'bugs')) ? bugsOf(folderOf(step)) : []
}

/** The scenarios of a step, played by its sources. */
export function scenariosOf(step: Step): Promise<Scenarios> {
  return load(folderOf(step))
}

/** Works with the scenarios of a step as a wrong version of it plays them, in a copy. Throws PatchError. */
export function inWrongVersion<T>(bug: Bug, work: (scenarios: Scenarios) => Promise<T>): Promise<T> {
  return inCopies(bug.folder, 1, async ([copy = '']) => {
    apply(bug.patch, copy)
    return work(await load(copy))
  })
}

async function load(folder: string): Promise<Scenarios> {
  const { default: scenarios } = (await import(pathToFileURL(join(folder, 'orders.ts')).href)) as { default: Scenarios }
  return scenarios
}
