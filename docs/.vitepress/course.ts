/** One step of the course, as the site needs to know it. */
export interface Step {
  /** The place, two digits: "01". */
  number: string
  /** The folder in `steps/` and the page in `docs/steps/`. */
  folder: string
  title: string
  /** What the program does while it waits, in a few words. */
  waiting: string
}

/** The steps in the order in which they are read. */
export const steps: Step[] = [
  {
    number: '01',
    folder: '01-blocking-sockets',
    title: 'Blocking sockets',
    waiting: 'sleeps in the kernel',
  },
  {
    number: '02',
    folder: '02-callbacks',
    title: 'Callbacks',
    waiting: 'returns at once and is called back',
  },
  {
    number: '03',
    folder: '03-event-loop',
    title: 'The event loop',
    waiting: 'asks which socket is ready',
  },
  {
    number: '04',
    folder: '04-async-await',
    title: 'Async and await',
    waiting: 'is put aside and resumed',
  },
  {
    number: '05',
    folder: '05-gather',
    title: 'Gather',
    waiting: 'waits for many at once',
  },
]

/** The step whose folder name appears in a page path such as `steps/01-blocking-sockets.md`. */
export function stepOf(page: string): Step | undefined {
  return steps.find((step) => page.startsWith(`steps/${step.folder}`))
}

/** A page by its path without ending, such as `steps/02-callbacks`. */
export interface Chapter {
  page: string
  title: string
}

/** The pages of the course in the order in which they are read. */
export const reading: readonly Chapter[] = [
  { page: 'start', title: 'Start here' },
  { page: 'service', title: 'The service' },
  { page: 'wire', title: 'The wire' },
  { page: 'connection', title: 'The connection' },
  ...steps.map(({ folder, title }) => ({ page: `steps/${folder}`, title })),
]

/** Where the reader runs the steps, and turns the numbers. */
export const trying: readonly Chapter[] = [
  { page: 'lab', title: 'The lab' },
  { page: 'model', title: 'The model' },
]
