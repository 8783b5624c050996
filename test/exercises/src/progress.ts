import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Exercise } from './exercise.ts'
import { workplace } from './working-copy.ts'

/** What is remembered of the reader, beside the copies. */
export interface Progress {
  /** The exercise that was worked on last, by its id. */
  last?: string
  /** When each was right for the first time: an ISO date by its id. */
  done: Record<string, string>
  /** How many hints of each were shown. */
  hints: Record<string, number>
}

/** Reads it. What is not there, or cannot be read, is nothing. */
export function readProgress(place = workplace): Progress {
  try {
    const { last, done = {}, hints = {} } = JSON.parse(readFileSync(fileIn(place), 'utf8')) as Partial<Progress>
    return { ...(last === undefined ? {} : { last }), done, hints }
  } catch {
    return { done: {}, hints: {} }
  }
}

/** Keeps it, with a change. */
export function keepProgress(change: (progress: Progress) => void, place = workplace): Progress {
  const progress = readProgress(place)
  change(progress)
  mkdirSync(place, { recursive: true })
  writeFileSync(fileIn(place), `${JSON.stringify(progress, undefined, 2)}\n`)
  return progress
}

/** Remembers that an exercise was right. */
export function markDone({ id }: Exercise, place = workplace): void {
  keepProgress(({ done }) => (done[id] ??= new Date().toISOString()), place)
}

const fileIn = (place: string) => join(place, 'progress.json')
