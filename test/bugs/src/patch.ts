import { spawnSync } from 'node:child_process'
import { trials } from '@rpc-steps/trial'

/** Thrown when a patch does not fit. */
export class PatchError extends Error {}

/** Applies a patch to a copy of its package. Throws PatchError. */
export function apply(patch: string, folder: string): undefined {
  const env = { ...process.env }
  for (const name of Object.keys(env)) if (name.startsWith('GIT_')) delete env[name]
  // Git must not find the repository, for then it would pass over what the repository ignores.
  env['GIT_CEILING_DIRECTORIES'] = trials
  const { status, stderr, error } = spawnSync('git', ['apply', patch], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  if (error) throw error
  if (status !== 0) throw new PatchError(stderr.trim())
}
