import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Failure, Outcome } from './telling.ts'

/** A line of code, and where it stands. */
export interface Place {
  /** Relative to the package. */
  file: string
  line: number
  code: string
}

/**
 * Whether code failed that is none: a misspelt name turns every test red, and says nothing of what
 * they are about.
 */
export function isBreakage({ error }: Failure): boolean {
  return /^(SyntaxError|ReferenceError|TypeError)\b|ERR_MODULE_NOT_FOUND|Cannot find module|Transform failed/.test(error)
}

/** What failed first in a test: what it said, and what was expected beside what came, if they were compared. */
export function failureOf(outcome: Outcome, test: string): Required<Omit<Failure, 'stack' | 'uncaught'>> & { uncaught: boolean } {
  const [{ error = '', diff = '', cause = '', uncaught = false } = {}] = outcome.failures
  const copy = outcome.file.slice(0, -test.length)
  const plain = (text: string) => stripVTControlCharacters(text).replaceAll(copy, '')
  return { error: plain(error), diff: plain(diff), cause: plain(cause), uncaught }
}

/** The lines of a file of the package, in `folder`, that the failure of a test came by; the innermost is the first. */
export function placesOf(outcome: Outcome, folder: string, file: string): Place[] {
  const stack = outcome.failures[0]?.stack.replaceAll('\\', '/') ?? ''
  return [...stack.matchAll(new RegExp(`${escaped(file)}:(\\d+)`, 'g'))].map(([, found]) => {
    const line = Number(found)
    return { file, line, code: linesOf(folder, file)[line - 1]?.trim() ?? '' }
  })
}

/** The code of a test, in `folder`: who waits for ever cannot say at which of its lines. */
export function codeOf({ line }: Outcome, folder: string, file: string): Place | undefined {
  if (line === undefined) return undefined
  const [first = '', ...rest] = linesOf(folder, file).slice(line - 1)
  const margin = /^ */.exec(first)![0]
  const length = rest.findIndex((text) => text.startsWith(`${margin}}`) || text.startsWith(`${margin})`))
  const code = [first, ...rest.slice(0, length + 1)].map((text) => text.slice(margin.length))
  return { file, line, code: code.join('\n') }
}

/** Moves a text to the right. */
export function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ')
}

function linesOf(folder: string, file: string): string[] {
  return readFileSync(join(folder, file), 'utf8').split('\n')
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
