import { readFileSync } from 'node:fs'
import { codeOf, failureOf, hangs, indent, placesOf } from '@rpc-steps/trial'
import type { Outcome, Place } from '@rpc-steps/trial'
import type { Bug } from './bug.ts'
import type { Judgement } from './judge.ts'

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
      ? `It hangs: that is the fault. No answer came in ${limit / 1000} s.\n\n${indent(shown(codeOf(red, bug.folder, file)))}`
      : `Red, as it should be. What the test expects, and what came:\n\n${failed(bug, red)}`
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
function failed({ folder, killedBy }: Bug, red: Outcome): string {
  const { error, diff } = failureOf(red, killedBy.file)
  const place = shown(placesOf(red, folder, killedBy.file)[0])
  return indent([place, error, diff].filter((part) => part !== '').join('\n\n'))
}

function shown(place: Place | undefined): string {
  return place ? `${place.file}:${place.line}\n${place.code}` : ''
}
