import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Inside the repository, so that the copies find its node_modules. Git ignores it. */
export const trials = fileURLToPath(new URL('../../../.trials/', import.meta.url))

/** Copies a package, less what gives the answers away and what a copy has no use for. */
export function copyPackage(folder: string, to: string): void {
  const skipped = ['node_modules', '.turbo', 'bugs', 'exercises'].map((name) => join(folder, name))
  cpSync(folder, to, { recursive: true, filter: (file) => !skipped.includes(file) })
}

/** Works in copies of a package, and removes them in the end. */
export async function inCopies<T>(folder: string, count: number, work: (copies: string[]) => Promise<T>): Promise<T> {
  mkdirSync(trials, { recursive: true })
  const copies = Array.from({ length: count }, () => mkdtempSync(join(trials, `${basename(folder)}-`)))
  try {
    for (const copy of copies) copyPackage(folder, copy)
    return await work(copies)
  } finally {
    for (const copy of copies) rmSync(copy, { recursive: true, force: true, maxRetries: 5 })
  }
}
