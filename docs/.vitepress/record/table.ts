/** A table that a chapter shows: what a command has printed. */
export interface Table {
  command: string
  /** Arguments that make it smaller than it is in the docs, since nobody waits for a test. */
  smaller?: readonly string[]
  /** The exit code that it ends with, if not 0. */
  ends?: number
  /** What must be the same in every run. */
  facts?: (text: string) => unknown
  /** A change of the recorded text that must be noticed. */
  doctored?: readonly [from: RegExp, to: string]
  /** In place of these, the test that makes it again. */
  testedIn?: string
}

/** The tables of a chapter by the names of their files. */
export type Tables = Readonly<Record<string, Table>>

/** The words of a text and its pattern, once each: without numbers, and however wide its columns. */
export function wordsOf(text: string): string[] {
  const lines = text.trim().split('\n')
  return [...new Set(lines.map((line) => line.replace(/\d[\d.,]*/g, '#').replace(/ +/g, ' ').trim()))]
}

/** The lines of a table that have nothing but numbers. */
export function numbersOf(text: string): number[][] {
  return [...text.matchAll(/^ *\d[\d. ]*(?:MiB)?$/gm)].map(([line]) => line.match(/[\d.]+/g)!.map(Number))
}

/** How many times as fast as bare each contender was, in one workload. */
export function ratiosOf(text: string): [name: string, ratio: number][] {
  return [...text.matchAll(/^([a-z0-9]\S*) +[\d,]+ +([\d.]+) /gm)].map(([, name = '', ratio]) => [
    name,
    Number(ratio),
  ])
}
