import { readdirSync } from 'node:fs'

/** What a server must do with a case. A case that must fail and passes is a failure, too. */
export type State = 'pass' | 'skip' | 'must fail'

/** A server under test: a step, with options of its own if it has other ways to wait. */
export interface Subject {
  readonly name: string
  readonly server: URL
  readonly args: readonly string[]
}

/** Ways of starting a step other than without options. */
const ways: Record<string, string[]> = {
  '01-blocking-sockets': ['--threads 4'],
  '03-event-loop': ['--selector poll', '--selector spin'],
}

const steps = new URL('../../../steps/', import.meta.url)

/** Every step that has a folder, in every way of starting it. */
export function subjects(): Subject[] {
  const names = readdirSync(steps).filter((name) => /^\d\d-/.test(name))
  return names.sort().flatMap((step) => {
    const server = new URL(`${step}/server.ts`, steps)
    const others = ways[step] ?? []
    return ['', ...others].map((way) => {
      return { name: `${step} ${way}`.trim(), server, args: way === '' ? [] : way.split(' ') }
    })
  })
}

/** Steps 01 and 03 talk to the kernel themselves, and do not know the one of Windows. */
export function runsHere({ name }: Subject): boolean {
  return process.platform !== 'win32' || !/^0[13]-/.test(name)
}

interface Exceptions {
  /** As in the case file: `file: name of the case`. */
  readonly case: string
  readonly because: string
  /** Names of subjects, `01-blocking-sockets --threads 4`. Those not listed must pass. */
  readonly mustFail?: readonly string[]
  readonly skip?: readonly string[]
}

const blocking = '01-blocking-sockets'
const threads = '01-blocking-sockets --threads 4'
const loops = [
  '02-callbacks',
  '03-event-loop',
  '03-event-loop --selector poll',
  '03-event-loop --selector spin',
  '04-async-await',
  '05-gather',
]

/**
 * What a step still cannot do, and a later step can: the right-hand column of the table of steps
 * in the design. A case that is not here must pass on every step.
 */
export const exceptions: readonly Exceptions[] = [
  {
    case: 'waiting: a second client is answered while the first one waits',
    because: 'the only thread is asleep for the first client',
    mustFail: [blocking],
  },
  {
    case: 'waiting: of five calls on one connection the shortest is answered first',
    because: 'a blocking thread reads the next request after it has answered the last one',
    mustFail: [blocking, threads],
  },
  {
    case: 'waiting: a batch that waits does not hold up the call behind it',
    because: 'a blocking thread reads the next request after it has answered the last one',
    mustFail: [blocking, threads],
  },
  {
    case: 'waiting: a second client is answered while the first one computes',
    because: 'there is one thread, and it computes; a queue with workers comes in step 06',
    mustFail: [blocking, ...loops],
  },
  {
    case: 'waiting: a flood is refused before it is swallowed',
    because: 'nothing says no: every call is taken on; a bounded queue comes in step 06',
    mustFail: loops,
    skip: [blocking, threads],
  },
  {
    case: 'ids: an id that is still in flight is refused',
    because: 'a connection that is read one call at a time has no two in flight',
    skip: [blocking, threads],
  },
  {
    case: 'ids: two connections may use the same id at the same time',
    because: 'one connection is served at a time',
    skip: [blocking],
  },
]

/** What this subject must do with this case, and why if it is an exception. */
export function stateOf(subject: string, caseId: string): { state: State; because: string } {
  const exception = exceptions.find((row) => row.case === caseId)
  const because = exception?.because ?? ''
  if (exception?.mustFail?.includes(subject)) return { state: 'must fail', because }
  if (exception?.skip?.includes(subject)) return { state: 'skip', because }
  return { state: 'pass', because }
}
