// By its place: Node itself loads what has a package's name here, and cannot read TypeScript.
import { erlangWait } from '../../steps/06-task-queue/src/erlang.ts'
import { recordingOf } from './course.ts'
import { textOf } from './source.ts'

/** How long a request waits, against the utilisation: the formula, and the queue of step 06. */
export interface Waiting {
  workers: number
  serviceMs: number
  capacity: number
  measured: Measured[]
  /** The formula, finely enough for a curve: pairs of utilisation and milliseconds. */
  formula: [number, number][]
}

/** One line of the table. Milliseconds; `free` is without a bound, where that has an end. */
export interface Measured {
  utilisation: number
  free?: number
  bounded: number
  /** The part that was refused, in per cent. */
  refused: number
}

/** @throws Error when the table is not as it should be */
export function waitingOf(text: string): Waiting {
  const [, workers = NaN, serviceMs = NaN] = /one of (\d+) workers, .* take (\d+) ms/.exec(text)?.map(Number) ?? []
  const capacity = Number(/capacity (\d+)/.exec(text)?.[1])
  const measured = [...text.matchAll(/^ +(\d\.\d) .*? ([\d.]+ ms|no end) +([\d.]+) ms +([\d.]+) %$/gm)].map(
    ([, utilisation, free = '', bounded, refused]): Measured => ({
      utilisation: Number(utilisation),
      ...(free.endsWith('ms') && { free: parseFloat(free) }),
      bounded: Number(bounded),
      refused: Number(refused),
    }),
  )
  if (!(workers > 0 && serviceMs > 0 && capacity > 0) || measured.length === 0) {
    throw new Error('the table of waiting has no measurements in it')
  }
  const steps = 200
  const formula = Array.from({ length: steps }, (_, i): [number, number] => {
    return [i / steps, erlangWait(workers, i / steps, serviceMs)]
  })
  return { workers, serviceMs, capacity, measured, formula }
}

export declare const data: Waiting

export default {
  watch: ['../steps/06-task-queue/traces/06-waiting.txt'],
  load: () => waitingOf(textOf(recordingOf('06-waiting.txt'))),
}
