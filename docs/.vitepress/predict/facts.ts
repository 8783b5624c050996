import { pages } from '../../../shared/service/src/pages.ts'
import { recordingOf, steps } from '../course.ts'
import { layout } from '../theme/timeline/layout.ts'
import type { Span, TraceEvent } from '../theme/timeline/layout.ts'
import type { Source } from './question.ts'

/** What each page takes to come, in milliseconds, in the order in which the clients ask. */
export const waits = Object.values(pages)
/** The same pages, as they are written in a text. */
export const urls = Object.keys(pages).map((url) => `\`${url}\``)
/** How long all pages take one after another, and all at once, in milliseconds. */
export const inARow = sum(waits)
export const longest = Math.max(...waits)

/** What can be counted in a trace. Times in milliseconds from the first call. */
export interface Run {
  /** In the order in which they were made. */
  calls: Pick<Span, 'call' | 'start' | 'end'>[]
  /** The places of the calls, from 1, in the order in which their answers came. */
  answers: number[]
  /** From the first call to the last answer. */
  total: number
  /** Requests that the server had in hand at the same time, at most. */
  inHand: number
  /** What the threads of clients and of the server did, in order. */
  client: Span[]
  server: Span[]
  /** The place, from 1, of the nth moment (by default the last) that is told in these words. */
  moment(words: string, nth?: number): number
}

/** A recorded trace, as a source of facts. */
export function run(name: string): Source<Run> {
  return { file: recordingOf(`${name}.json`), read: runOf }
}

function runOf(text: string): Run {
  const { spans, lanes, moments } = layout(JSON.parse(text) as TraceEvent[])
  const calls = spans.filter(({ kind }) => kind === 'call').sort((a, b) => a.start - b.start)
  const handled = spans.filter(({ kind }) => kind === 'handle')
  const threads = spans.filter(({ row }) => row < 0)
  const inHandAt = (at: number) => handled.filter(({ start, end }) => start <= at && at < end)
  return {
    calls,
    answers: calls
      .map(({ end }, i) => ({ place: i + 1, end }))
      .sort((a, b) => a.end - b.end)
      .map(({ place }) => place),
    total: Math.max(...calls.map(({ end }) => end)),
    inHand: Math.max(...handled.map(({ start }) => inHandAt(start).length)),
    client: threads.filter(({ lane }) => lanes[lane]!.client),
    server: threads.filter(({ lane }) => !lanes[lane]!.client),
    moment(words, nth = 0) {
      const found = moments.flatMap(({ text }, i) => (text.includes(words) ? [i + 1] : []))
      const place = found.at(nth - 1)
      if (place === undefined) throw new Error(`no moment is told with "${words}"`)
      return place
    },
  }
}

/** The folder of a step, which is its name where all are compared. */
export function folderOf(number: string): string {
  return steps.find((step) => step.number === number)!.folder
}

/** How long the spans of one kind took together, in milliseconds. */
export function spent(spans: readonly Span[], kind: Span['kind']): number {
  return sum(spans.filter((span) => span.kind === kind).map(({ start, end }) => end - start))
}

/** What a command printed, as a source of facts. */
export function output<Facts>(name: string, read: (text: string) => Facts): Source<Facts> {
  return { file: recordingOf(`${name}.txt`), read }
}

/**
 * The numbers in the line of a table that has this name in its first column.
 *
 * @throws Error when there is no such line
 */
export function row(text: string, name: string): number[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim().split(/\s{2,}/))
  const found = lines.find(([first]) => first === name)
  if (!found) throw new Error(`no line of the table begins with ${name}`)
  return found.slice(1).flatMap((cell) => (cell.match(/\d+(?:\.\d+)?/g) ?? []).map(Number))
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}
