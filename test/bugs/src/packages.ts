import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A package that may show bugs: `steps/NAME`, and where it is. */
export interface Package {
  title: string
  folder: string
}

/** Every package of the lesson. */
export const packages: readonly Package[] = ['shared', 'steps'].flatMap((group) => {
  const folder = fileURLToPath(new URL(`../../../${group}`, import.meta.url))
  return readdirSync(folder).map((name) => ({ title: `${group}/${name}`, folder: join(folder, name) }))
})

/** Those that do. */
export const withBugs = packages.filter(({ folder }) => existsSync(join(folder, 'bugs')))
