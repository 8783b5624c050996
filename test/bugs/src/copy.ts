import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Inside the repository, so that the copies find its node_modules. Git ignores it. */
const place = fileURLToPath(new URL('../../../.bugs/', import.meta.url))

/** Works in a copy of a package, with a patch or without, and removes it in the end. */
export async function inCopy<T>(
  folder: string,
  patch: string | undefined,
  work: (copy: string) => Promise<T>,
): Promise<T> {
  mkdirSync(place, { recursive: true })
  const copy = mkdtempSync(join(place, `${basename(folder)}-`))
  try {
    const skipped = ['node_modules', '.turbo', 'bugs']
    cpSync(folder, copy, { recursive: true, filter: (file) => !skipped.includes(basename(file)) })
    if (patch !== undefined) apply(patch, copy)
    return await work(copy)
  } finally {
    rmSync(copy, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Thrown when a patch does not fit. */
export class PatchError extends Error {}

function apply(patch: string, folder: string): void {
  const env = { ...process.env }
  for (const name of Object.keys(env)) if (name.startsWith('GIT_')) delete env[name]
  // Git must not find the repository, for then it would pass over what the repository ignores.
  env['GIT_CEILING_DIRECTORIES'] = place
  const { status, stderr, error } = spawnSync('git', ['apply', patch], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  if (error) throw error
  if (status !== 0) throw new PatchError(stderr.trim())
}
