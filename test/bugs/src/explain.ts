import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Bug } from './bug.ts'
import { hangs } from './judge.ts'
import type { Judgement } from './judge.ts'
import type { Outcome } from './telling.ts'

/** What a bug changes, without its story and its test, so that one can guess. */
export function changeOf({ patch }: Bug): string {
  const text = readFileSync(patch, 'utf8')
  return text.slice(text.search(/^--- /m)).trimEnd()
}

/** What came of a bug whose test had `limit` milliseconds, for a reader who has seen the change. */
export function explain(bug: Bug, { verdict, red }: Judgement, limit: number): string {
  const { file } = bug.killedBy
  if (verdict === 'killed' && red) {
    const what = hangs(red)
      ? `It hangs: that is the fault. No answer came in ${limit / 1000} s.\n\n${testOf(bug, red)}`
      : `Red, as it should be. What the test expects, and what came:\n\n${failureOf(bug, red)}`
    return `${what}\n\nThe story:\n\n${indent(bug.story)}`
  }
  if (verdict === 'survived') {
    return `Green: this test does not see the fault, which is a fault of ${file}.\n\nThe story:\n\n${indent(bug.story)}`
  }
  if (verdict.startsWith('does not apply')) {
    return `The patch does not fit: what it changes reads otherwise here. Have you changed it? \`git diff\` shows.\n\n${indent(verdict)}`
  }
  return `Whether the test sees the fault is not known: it could not be run.\n\n${indent(verdict)}`
}

/** The line that failed and how, as the test would have it and as it was. */
function failureOf(bug: Bug, { file, failures }: Outcome): string {
  const { file: test } = bug.killedBy
  const copy = file.slice(0, -test.length)
  const [{ error = '', stack = '', diff = '' } = {}] = failures
  const plain = (text: string) => stripVTControlCharacters(text).replaceAll(copy, '')
  const line = Number(new RegExp(`${escaped(test)}:(\\d+)`).exec(stack.replaceAll('\\', '/'))?.[1])
  const code = line ? `${test}:${line}\n${linesOf(bug)[line - 1]!.trim()}\n\n` : ''
  return indent(`${code}${plain(error)}${diff === '' ? '' : `\n\n${plain(diff)}`}`)
}

/** The code of a test: who waits for ever cannot say at which of its lines. */
function testOf(bug: Bug, { line }: Outcome): string {
  if (line === undefined) return ''
  const [first = '', ...rest] = linesOf(bug).slice(line - 1)
  const margin = /^ */.exec(first)![0]
  const length = rest.findIndex((text) => text.startsWith(`${margin}}`) || text.startsWith(`${margin})`))
  const code = [first, ...rest.slice(0, length + 1)].map((text) => text.slice(margin.length))
  return indent(`${bug.killedBy.file}:${line}\n${code.join('\n')}`)
}

function linesOf({ folder, killedBy }: Bug): string[] {
  return readFileSync(join(folder, killedBy.file), 'utf8').split('\n')
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ')
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
