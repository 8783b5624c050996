import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { defaultOf } from '../../shared/course/src/load.ts'
import { steps } from './course.ts'
import type { Step } from './course.ts'
import { root } from './source.ts'

/** What the pages of the steps have beside them in `NAME.ts`, for those that have such a file. */
export async function besidePages<T>(name: string): Promise<readonly (readonly [Step, T])[]> {
  const found = steps.map((step) => ({ step, file: join(root, 'docs/steps', step.folder, `${name}.ts`) }))
  return Promise.all(
    found
      .filter(({ file }) => existsSync(file))
      .map(async ({ step, file }) => [step, await defaultOf<T>(pathToFileURL(file))] as const),
  )
}
