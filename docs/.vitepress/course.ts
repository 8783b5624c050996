// By its place: what has a package's name VitePress leaves to Node, which may not read TypeScript.
import { parts as allParts } from '../../shared/course/src/info.ts'
import { steps } from '../../shared/course/src/steps.ts'
import type { Step } from '../../shared/course/src/steps.ts'

export { steps }
export type { Step }

/** The parts that have steps, with their titles, in the order in which they are read. */
export const parts = allParts.flatMap((part) => {
  const own = steps.filter((step) => step.part === part)
  return own.length > 0 ? [{ part, title: part[0]!.toUpperCase() + part.slice(1), steps: own }] : []
})

/** The step whose folder name appears in a page path such as `steps/NAME.md`. */
export function stepOf(page: string): Step | undefined {
  return steps.find(({ folder }) => page === `steps/${folder}` || page === `steps/${folder}.md`)
}

/** A page by its path without ending, such as `steps/NAME`. */
export interface Chapter {
  page: string
  title: string
}

/** The page of a step. */
export function chapterOf({ folder, title }: Step): Chapter {
  return { page: `steps/${folder}`, title }
}

/** The pages of the course in the order in which they are read. */
export const reading: readonly Chapter[] = [
  { page: 'start', title: 'Start here' },
  { page: 'service', title: 'The service' },
  { page: 'wire', title: 'The wire' },
  { page: 'connection', title: 'The connection' },
  ...steps.map(chapterOf),
]

/** Where the reader runs the steps, turns the numbers, and writes a server. */
export const trying: readonly Chapter[] = [
  { page: 'lab', title: 'The lab' },
  { page: 'model', title: 'The model' },
  { page: 'your-language', title: 'In your own language' },
  { page: 'where-time-goes', title: 'Where the time goes' },
]

/**
 * Where a recording is, relative to the root: that of a step, such as `02-crash.txt`, beside the
 * page of the step.
 */
export function recordingOf(file: string): string {
  const step = steps.find(({ number }) => file.startsWith(`${number}-`))
  return step ? `docs/steps/${step.folder}/traces/${file}` : `docs/traces/${file}`
}
