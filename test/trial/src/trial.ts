import { basename } from 'node:path'
import type { TestName } from './telling.ts'

/** Tests to be run in a copy of a package. */
export interface Trial {
  /** Of the copy. Its name is that of no other. */
  folder: string
  tests: readonly TestName[]
  /** Whether no more need be run when it is known which of the tests is the first that is red. */
  untilRed?: boolean
  /** Milliseconds that a test of it may take, if not those of all trials. */
  limit?: number | undefined
}

/** The trial that a file of a copy belongs to. */
export function trialOf<T extends Trial>(trials: readonly T[], file: string): T | undefined {
  return trials.find(({ folder }) => file.replaceAll('\\', '/').includes(`/${basename(folder)}/`))
}

/** What vitest is told of a limit. */
export function limitsOf(limit: number) {
  // What is polled says what it has seen so far; a test that runs out of time says nothing.
  return { testTimeout: limit, hookTimeout: limit, expect: { poll: { timeout: limit * 0.75 } } }
}

/** What vitest finds these tests by. */
export function namePattern(tests: readonly TestName[]): RegExp {
  return new RegExp(tests.map(({ name }) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'))
}
