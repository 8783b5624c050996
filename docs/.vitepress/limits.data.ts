import { recordingOf } from './course.ts'
import type { Third } from './model/limits.ts'
import { textOf } from './source.ts'

/** The thirds of the real run that the demo of step 11 has made, by what limited it: `fixed 150`. */
export type RealThirds = Readonly<Record<string, readonly (Third & { workers: number; inFlight: number })[]>>

/** @throws Error when the output is not as it should be */
export function realThirdsOf(text: string): RealThirds {
  const all: Record<string, RealThirds[string][number][]> = {}
  const rows = text.matchAll(/^(\w+ ?\w+) +(\d+) +(\d+|-) +(\d+) +(\d+) +\d+ +(\d+) ms +\d+ ms$/gm)
  for (const [, name = '', workers, limit, inFlight, served, meanMs] of rows) {
    ;(all[name] ??= []).push({
      workers: Number(workers),
      limit: limit === '-' ? Infinity : Number(limit),
      inFlight: Number(inFlight),
      served: Number(served),
      meanMs: Number(meanMs),
    })
  }
  const thirds = Object.values(all)
  if (thirds.length === 0 || thirds.some(({ length }) => length !== 3)) {
    throw new Error('the demo of step 11 has no three thirds for each limit')
  }
  return all
}

export declare const data: RealThirds

export default {
  watch: ['../steps/11-adaptive/traces/11-demo.txt'],
  load: () => realThirdsOf(textOf(recordingOf('11-demo.txt'))),
}
