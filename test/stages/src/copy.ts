import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { copyPackage, trials } from '@rpc-steps/trial'
import { apply } from '../../bugs/src/patch.ts'
import type { Stage } from './stages.ts'

const home = fileURLToPath(new URL('../../../', import.meta.url))
/** What step 04 is made of. */
const steps = ['01-blocking-sockets', '02-callbacks', '03-event-loop', '04-async-await']

/**
 * Copies step 04 with all that it stands on, takes from the copy what the stage is without, and returns where
 * it is. In there the packages find each other, and not those that they were copied from. Throws PatchError.
 */
export function copyOf({ name, without }: Pick<Stage, 'name' | 'without'>): string {
  mkdirSync(trials, { recursive: true })
  const copy = mkdtempSync(join(trials, `stage-${name}-`))
  const folders = [...readdirSync(join(home, 'shared')).map((shared) => `shared/${shared}`), ...steps.map((step) => `steps/${step}`)]
  mkdirSync(join(copy, 'node_modules', '@rpc-steps'), { recursive: true })
  for (const folder of folders) {
    copyPackage(join(home, folder), join(copy, folder))
    const { name } = JSON.parse(readFileSync(join(copy, folder, 'package.json'), 'utf8')) as { name: string }
    // A junction is what Windows lets everybody make; elsewhere it is a link like any other.
    symlinkSync(join(copy, folder), join(copy, 'node_modules', name), 'junction')
  }
  cpSync(join(home, 'vitest.base.ts'), join(copy, 'vitest.base.ts'))
  // Each was made from what the later ones leave.
  for (const { patch } of without.toReversed()) apply(patch, copy)
  return copy
}

/** Removes a copy. */
export function removeCopy(copy: string): void {
  rmSync(copy, { recursive: true, force: true, maxRetries: 5 })
}
