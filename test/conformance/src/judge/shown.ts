import { isDeepStrictEqual } from 'node:util'
import type { Came } from '../finding.ts'
import type { Call } from './manner.ts'
import type { Played } from './play.ts'
import type { Answer } from './service.ts'

/** One line that the client has printed. */
interface Line {
  readonly text: string
  readonly at: number
  readonly value: unknown
}

/** How what it did is not as it must be. */
export interface Problem {
  readonly cause: string
  readonly page: string
  readonly expected: readonly string[]
  readonly came: Came
}

const noJson = Symbol('no JSON')

/** The lines of a text; `value` is what the JSON in it says. */
export function linesOf(text: string): Line[] {
  let at = 0
  return text.split('\n').map((raw) => {
    const line = { text: raw.replace(/\r$/, ''), at, value: valueOf(raw) }
    at += Buffer.byteLength(raw) + 1
    return line
  })
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return noJson
  }
}

/** Whether a line says this; numbers as they are, members in any order. */
export function says(line: Line, value: unknown): boolean {
  return isDeepStrictEqual(line.value, value)
}

export function isJson(line: Line): boolean {
  return line.value !== noJson
}

/** What one call must have printed: values, each on a line, or how its error is named. */
export type Expected = { readonly value: unknown } | { readonly error: { readonly code: number; readonly message: string } }

/** What must have been printed for the calls that were answered, in their order. */
export function expectedOf(calls: readonly Call[]): Expected[] {
  return calls.flatMap((call) => {
    const items = (call.items ?? []).map((value) => ({ value }))
    if (call.answer === undefined) return items
    return call.items !== undefined && 'result' in call.answer && call.answer.result === null ? items : [...items, ofAnswer(call.answer)]
  })
}

function ofAnswer(answer: Answer): Expected {
  return 'result' in answer ? { value: answer.result } : { error: answer.error }
}

export function expectedText(expected: Expected): string {
  return 'value' in expected ? JSON.stringify(expected.value) : `error ${expected.error.code} ${expected.error.message}`
}

/** The first that is not there, or not in its turn. `at` is the line that stands in its place. */
export function firstMissing(expected: readonly Expected[], played: Played): { missing: Expected; at: number; elsewhere: boolean } | undefined {
  const lines = linesOf(played.stdout)
  const all = `${played.stdout}\n${played.stderr}`
  let next = 0
  for (const one of expected) {
    if ('error' in one) {
      const { code, message } = one.error
      // Whether an error goes to stdout or to stderr is the client's affair.
      if (!all.includes(String(code)) && !all.includes(message)) return { missing: one, at: lines[next]?.at ?? 0, elsewhere: false }
      const named = lines.findIndex((line, i) => i >= next && !isJson(line) && (line.text.includes(String(code)) || line.text.includes(message)))
      if (named >= 0) next = named + 1
      continue
    }
    const found = lines.findIndex((line, i) => i >= next && says(line, one.value))
    if (found < 0) {
      const elsewhere = lines.some((line) => says(line, one.value))
      return { missing: one, at: lines[next]?.at ?? 0, elsewhere }
    }
    next = found + 1
  }
  return undefined
}

/** What it has printed, as something that came. */
export function printedAt(played: Pick<Played, 'stdout'>, at: number, says: string): Came {
  if (played.stdout.trim() === '') return { kind: 'nothing', on: 'stdout', says }
  return { kind: 'bytes', on: 'stdout', bytes: Buffer.from(played.stdout).toString('latin1'), at, says }
}

/** Its last words, if it has any. */
export function lastWords(stderr: string): string {
  const last = stderr.trim().split(/\r?\n/).at(-1)?.trim() ?? ''
  return last === '' ? '' : `; its last words: ${last.slice(0, 160)}`
}

/** How it ended, in words. */
export function endOf({ exit, stalled }: Played): string {
  if (!exit) return stalled === undefined ? 'does not end' : 'does nothing more, even when the connection has ended'
  if (exit.signal) return `is ended by ${exit.signal}, as by a crash`
  return exit.code === 0 ? 'ends with exit code 0' : `ends with exit code ${exit.code}`
}
