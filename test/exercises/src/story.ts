import { readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { codeOf, failureOf, hangs, indent, placesOf } from '@rpc-steps/trial'
import type { Outcome, Place } from '@rpc-steps/trial'
import { legend } from '@rpc-steps/trace'
import type { Checked } from './check.ts'
import { root } from './exercise.ts'
import type { Exercise, Reading } from './exercise.ts'
import { linesIn } from './hole.ts'
import type { Hole } from './hole.ts'

/**
 * What a reader is told of a check: of what is wrong only the first, as a story. `copy` is where the
 * tests were run, and `limit` the milliseconds that each had.
 */
export function story(exercise: Exercise, checked: Checked, copy: string, limit: number): string {
  if (checked.result === 'right') {
    const { length } = exercise.tests
    return `Right: ${length === 1 ? 'the test that judges it passes' : `all ${length} tests that judge it pass`}.\n\n${wrapped(exercise.works)}`
  }
  if (checked.result === 'broken') {
    return `It could not be tried.\n\n${indent(checked.why.replaceAll(`${copy}/`, ''))}`
  }
  const { judge, outcome, right, timeline } = checked
  const { error, diff, cause, uncaught } = failureOf(outcome, judge.file)
  const stuck = hangs(outcome)
  const came = stuck
    ? `Nothing, in ${limit / 1000} s${outcome.blocked ? '; it never let go of the thread, and was killed' : ''}.`
    : [
        error + (uncaught ? '\n(nobody caught it)' : '') + (cause === '' ? '' : `\nbecause of ${cause}`),
        short(diff),
      ].filter((part) => part !== '').join('\n\n')
  const places = placesOf(outcome, copy, judge.file)
  // A helper may stand above the test, and call it.
  const inTest = places.find(({ line }) => line >= (outcome.line ?? 0)) ?? places[0]
  const test = stuck ? codeOf(outcome, copy, judge.file) : inTest
  const own = exercise.holes.map((hole) => placeIn(hole, outcome, copy)).find((place) => place)
  const parts: [string, string | undefined][] = [
    ['What was done', wrapped(judge.done)],
    ['What was expected', wrapped(judge.expected)],
    ['What came', came],
    [stuck ? 'The test' : 'The line of the test', shown(test, copy)],
    ['The line of yours', shown(own, copy)],
    ['What happened meanwhile', timeline && `${timeline}\n\n${legend}`],
    ['Where to read', where(judge.read)],
  ]
  const told = parts.flatMap(([title, text]) => (text ? [`${title}\n${indent(text.trim())}`] : []))
  return [`Not yet. ${right} of ${exercise.tests.length} are right; the first that is not:`, ...told].join('\n\n')
}

/** A place to read at, as an editor and a terminal understand it. */
export function where({ page, heading, line }: Reading): string {
  return `"${heading}", ${page}:${line}`
}

/** The line inside of what the reader wrote that a failure came by. */
function placeIn({ file, name }: Hole, outcome: Outcome, copy: string): Place | undefined {
  const [first, last] = linesIn(readFileSync(join(copy, file), 'utf8'), name) ?? [0, 0]
  return placesOf(outcome, copy, file).find(({ line }) => line >= first && line <= last)
}

/** Lines that a terminal shows whole. */
export function wrapped(text: string): string {
  return text.replace(/(?=\S)(.{1,76})(?:\s+|$)/g, '$1\n').trimEnd()
}

/** As much of a difference as is read. */
function short(diff: string): string {
  const lines = diff.split('\n')
  return lines.length <= 30 ? diff : [...lines.slice(0, 25), `... ${lines.length - 25} lines more`].join('\n')
}

/** From the folder of the repository, where the reader is. */
function shown(place: Place | undefined, copy: string): string | undefined {
  const from = relative(root, copy).split(sep).join('/')
  return place && `${from}/${place.file}:${place.line}\n${indent(place.code)}`
}
