import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { testNamed } from '@rpc-steps/trial'
import type { TestName } from '@rpc-steps/trial'

/** A famous wrong version of a package, and the test that must tell it from the right one. */
export interface Bug {
  /** The name of the patch, which the bug goes by. */
  name: string
  /** The folder of the package. */
  folder: string
  /** The path of the patch. */
  patch: string
  /** Who shipped it, and what it did. */
  story: string
  /** The test's file, relative to the folder, and a part of the test's full name. */
  killedBy: TestName
}

/** The bugs of a package. Throws if one lacks its story or its test. */
export function bugsOf(folder: string): Bug[] {
  const patches = readdirSync(join(folder, 'bugs')).filter((file) => file.endsWith('.patch'))
  return patches.sort().map((file) => readBug(folder, join(folder, 'bugs', file)))
}

/** Reads the lines before the diff: a story, then `killed by: FILE > NAME`, all behind `#`. */
function readBug(folder: string, patch: string): Bug {
  const header = readFileSync(patch, 'utf8').split(/^--- /m)[0]!
  const text = header.replace(/^# ?/gm, '')
  const [, story = '', test = ''] = /^(.*)^killed by: (.+)$/ms.exec(text) ?? []
  const killedBy = testNamed(test)
  if (story.trim() === '' || !killedBy) {
    throw new Error(`${patch} must begin with its story and a line "# killed by: FILE > NAME"`)
  }
  return { name: basename(patch, '.patch'), folder, patch, story: story.trim(), killedBy }
}
