import { readdirSync } from 'node:fs'
import { stepFolders } from './folders.ts'
import { defaultOf } from './load.ts'
import type { Serving, StepInfo, Suite, System } from './info.ts'

/** A step of the course: what it says of itself, and where it is. */
export interface Step extends StepInfo {
  /** Two digits: "01". */
  number: string
  /** The folder in `steps/`, and in `docs/steps/`. */
  folder: string
}

/** The folder in which each step has its own. */
export const home = new URL('../../../steps/', import.meta.url)

/** The steps in the order in which they are read. */
export const steps: readonly Step[] = await Promise.all(
  stepFolders(home).map(async (folder) => {
    const info = await defaultOf<StepInfo>(new URL(`${folder}/step.ts`, home))
    return { number: folder.slice(0, 2), folder, ...info }
  }),
)

/** A server to be tested: a step, in one way of starting it. */
export interface Subject extends Serving {
  /** The step's folder and, behind it, what the server is started with. */
  name: string
  step: Step
  server: URL
  client: URL
  args: readonly string[]
}

/** Where a program of a step is. */
export function programOf({ folder }: Step, program: string): URL {
  return new URL(`${folder}/${program}.ts`, home)
}

/** The names of a step's programs: those that all have, then its own. */
export function programsOf({ folder }: Step): string[] {
  const files = readdirSync(new URL(`${folder}/`, home)).flatMap((file) => /^([a-z-]+)\.ts$/.exec(file)?.[1] ?? [])
  const usual = ['server', 'client', 'demo']
  return [...usual, ...files.filter((name) => ![...usual, 'step', 'bench', 'orders'].includes(name))]
}

/** Whether a step runs on this system. */
export function runsHere({ notOn }: StepInfo): boolean {
  return notOn?.[process.platform as System] === undefined
}

/** The steps that take part in a suite. */
export function stepsIn(suite: Suite): Step[] {
  return steps.filter(({ except }) => except?.[suite] === undefined)
}

/** A step as it is started without options, and in all other ways that take part in a suite. */
export function subjectsOf(step: Step, suite: Suite): Subject[] {
  const [server, client] = [programOf(step, 'server'), programOf(step, 'client')]
  const others = (step.ways ?? []).filter(({ except }) => except?.[suite] === undefined)
  return [
    { name: step.folder, step, server, client, args: [], ...step.server },
    ...others.map(({ args, isProgram, except: _, ...serving }) => {
      const how = isProgram ? { server: programOf(step, args), args: [] } : { server, args: args.split(' ') }
      return { name: `${step.folder} ${args}`, step, client, ...how, ...serving }
    }),
  ]
}

/**
 * A server by its name; the number of its step will do: `01 --threads 4`.
 *
 * @throws Error when there is none
 */
export function subjectNamed(name: string, subjects: readonly Subject[]): Subject {
  const short = ({ name, step }: Subject) => name.replace(step.folder, step.number)
  const found = subjects.find((subject) => [subject.name, short(subject)].includes(name))
  if (found) return found
  throw new Error(`must be a step, and no step is called ${name}; there are ${subjects.map(({ name }) => name).join(', ')}`)
}
