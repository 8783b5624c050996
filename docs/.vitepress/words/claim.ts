import { textOf } from '../source.ts'

/** A number in a sentence, and what stands behind it. */
export interface Claim {
  /** The words around the number as the pages have them; several when they say it differently. */
  says: readonly string[]
  /** Where it is from, in Markdown. A file of this repository stands in `code`. */
  from: string
  /**
   * The values of the numbers in each of the phrases, worked out from there; a test compares them.
   * What it needs of the course is imported only then: the site is built without running it.
   */
  is?: () => Promise<number[]> | number[]
}

/** The first number that a pattern captures in a file. Sums such as `64 * 1024` are worked out. */
export function numberIn(file: string, pattern: RegExp): number {
  const sum = pattern.exec(textOf(file))?.[1]
  if (sum === undefined) throw new Error(`${file} has nothing like ${pattern.source}`)
  const factors = sum.replaceAll(/[_,]/g, '').split('*').map(Number)
  return factors.reduce((product, factor) => product * factor)
}

/** To one figure, as one says it: 148 is about 150 when the step is 10. */
export const about = (value: number, step: number) => Math.round(value / step) * step

/** What a page knows of the numbers in it. */
export interface Claims {
  /** Worked out from the source or from a recorded run, each time the tests run. */
  computed?: readonly Claim[]
  /** What others have written down. */
  cited?: readonly Claim[]
  /** Made up, so that a sentence has something to hold on to. They claim nothing. */
  examples?: readonly Claim[]
}
