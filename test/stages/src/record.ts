import { readFileSync } from 'node:fs'
import type { Flames } from './flames.ts'

/** What `npm run stages` has measured. */
export interface Recorded {
  node: string
  types: 'tsx' | 'node'
  platform: string
  /** Once with both processes on one core, once with all of them free. */
  settings: { core: string | null; workloads: { name: string; results: Figure[] }[] }[]
  /** By the name of the stage; `one` is the last of them with one call at a time. */
  flames: Record<string, Flames>
}

/** One contender in one workload: how many times as fast as bare, and microseconds of processor time a call, both ends. */
export interface Figure {
  name: string
  low: number
  median: number
  high: number
  /** Null where it cannot be read. */
  cpu: number | null
}

export const recordedFile = new URL('../recorded.json', import.meta.url)

export function recorded(): Recorded {
  return JSON.parse(readFileSync(recordedFile, 'utf8')) as Recorded
}
