import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestName } from '@rpc-steps/trial'
import { parse } from 'yaml'
// By its place: the site reads this, and what has a package's name is left to Node, which may not read TypeScript.
import { stepFolders } from '../../../shared/course/src/folders.ts'
import { testNamed } from '../../trial/src/telling.ts'
import type { Hole } from './hole.ts'

/** The folder of the repository. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** A part of the tested source, with its body taken out. */
export interface Exercise {
  /** `03-dispatch`, as its working copy is called. */
  id: string
  /** `NN`, and `NN-name`. */
  step: string
  stepFolder: string
  name: string
  title: string
  /** What is to be written, in Markdown. */
  text: string
  /** What there is to see when it works. */
  works: string
  /** How long it usually takes. */
  minutes: number
  /** The package that it is a part of: that of its step, or another that the chapter speaks of. */
  folder: string
  /** The first of them is in the file to open. */
  holes: readonly Hole[]
  /** What the holes hold in the beginning, by their names. By default they throw `notWritten`. */
  start: Bodies
  /** What the check says of a copy in which nothing was written. */
  startsWith: string
  tests: readonly Judge[]
  /** Whether the run of a test is worth a picture. */
  timeline: boolean
  hints: readonly string[]
  wrong: readonly Wrong[]
}

/** Bodies by the names of their functions. */
export type Bodies = ReadonlyMap<string, string>

/** A test that an exercise has to pass, in words. */
export interface Judge extends TestName {
  done: string
  expected: string
  /** The heading to read under. */
  read: Reading
}

/** A heading of a page. */
export interface Reading {
  /** Relative to the repository. */
  page: string
  heading: string
  line: number
}

/** A mistake that somebody could make. */
export interface Wrong {
  name: string
  bodies: Bodies
  /** What the check must say of it. */
  says: string
}

/** What a function says that has not been written. */
export const notWritten = (name: string) => `${name} is not written yet`

/** All exercises, or those of a step, which is a folder such as `NN-name`. Throws if one is not whole. */
export function exercisesOf(stepFolder: string, home = root): Exercise[] {
  const folder = join(home, 'steps', stepFolder, 'exercises')
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'exercise.md')))
  return names
    .sort()
    .map((name) => readExercise(home, stepFolder, name))
    .sort((a, b) => a.order - b.order)
}

/** Every exercise of the course, in its order. */
export function allExercises(home = root): Exercise[] {
  return stepFolders(join(home, 'steps')).flatMap((folder) => exercisesOf(folder, home))
}

/** The head of an `exercise.md`. */
interface Head {
  title: string
  order: number
  write: string | string[]
  minutes: number
  package?: string
  read: string
  works: string
  starts?: string
  timeline?: boolean
  tests: { test: string; done: string; expected: string; read?: string }[]
}

function readExercise(home: string, stepFolder: string, name: string): Exercise & { order: number } {
  const folder = join(home, 'steps', stepFolder, 'exercises', name)
  const path = join(folder, 'exercise.md')
  const fail = (why: string) => new Error(`${relative(home, path).split(sep).join('/')}: ${why}`)
  const text = readFileSync(path, 'utf8').replaceAll('\r\n', '\n')
  const [, yaml, markdown = ''] = /^---\n(.*?)\n---\n(.*)$/s.exec(text) ?? []
  if (yaml === undefined) throw fail('it must begin with its facts, between two lines of ---')
  const head = headIn(yaml, fail)
  for (const key of ['title', 'order', 'write', 'minutes', 'read', 'works', 'tests'] as const) {
    if (head[key] === undefined) throw fail(`it does not say "${key}"`)
  }
  const holes = [head.write].flat().map((place) => {
    const hole = testNamed(place)
    if (!hole) throw fail(`write: "${place}" is not FILE > FUNCTION`)
    return hole
  })
  const first = holes[0]!.name
  const reading = (where: string) => {
    const found = readingOf(home, stepFolder, where)
    if (!found) throw fail(`read: no page has the heading "${where}"`)
    return found
  }
  const tests = head.tests.map(({ test, done, expected, read = head.read }) => {
    const named = testNamed(test)
    if (!named || !done || !expected) throw fail(`a test has FILE > NAME, done and expected: ${test}`)
    return { ...named, done, expected, read: reading(read) }
  })
  const sections = sectionsOf(markdown)
  const hints = (sections.get('Hints') ?? '').split(/^\d+\. /m).slice(1).map((hint) => flat(hint))
  const wrong = [...sections].flatMap(([title, text]) => {
    const [, name] = /^Wrong: (.+)$/.exec(title) ?? []
    if (name === undefined) return []
    const [, says] = /^> (.+)$/m.exec(text) ?? []
    if (says === undefined) throw fail(`"${name}" does not say in a line with > how it is found`)
    return [{ name, bodies: bodiesIn(text, first), says }]
  })
  const [step = ''] = stepFolder.split('-')
  return {
    id: `${step}-${name}`,
    step,
    stepFolder,
    name,
    title: head.title,
    text: (sections.get('') ?? '').trim(),
    works: head.works.trim(),
    minutes: head.minutes,
    folder: join(home, head.package ?? join('steps', stepFolder)),
    holes,
    start: bodiesIn(sections.get('Start') ?? '', first),
    startsWith: head.starts ?? notWritten(first),
    tests,
    timeline: head.timeline ?? false,
    hints,
    wrong,
    order: head.order,
  }
}

function headIn(yaml: string, fail: (why: string) => Error): Head {
  try {
    return parse(yaml) as Head
  } catch (error) {
    const [why = ''] = (error as Error).message.split('\n')
    // Its first line is the second of the file.
    throw fail(why.replace(/line (\d+)/, (_, line) => `line ${Number(line) + 1}`).replace(/:$/, ''))
  }
}

/** The parts of a Markdown text by their headings of the second level; what is above has none. */
function sectionsOf(markdown: string): Map<string, string> {
  const [text = '', ...parts] = markdown.split(/^## (.+)\n/m)
  const sections = new Map([['', text]])
  for (let i = 0; i < parts.length; i += 2) sections.set(parts[i]!.trim(), parts[i + 1]!)
  return sections
}

/** The code of a section: each fence names its function, unless it is the first that is to be written. */
function bodiesIn(markdown: string, first: string): Bodies {
  const fences = markdown.matchAll(/^```ts(?: (\S+))?\n(.*?)\n```$/gms)
  return new Map([...fences].map(([, name = first, body = '']) => [name, body]))
}

/** Finds a heading in the step's chapter, or as `PAGE > HEADING` in another page of the site. */
function readingOf(home: string, stepFolder: string, where: string): Reading | undefined {
  const [heading = '', page = `steps/${stepFolder}`] = where.split(' > ').reverse()
  for (const file of [`docs/${page}.md`, `docs/${page}/index.md`]) {
    if (!existsSync(join(home, file))) continue
    const lines = readFileSync(join(home, file), 'utf8').split('\n')
    const line = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ | *\{.*/g, '') === heading)
    if (line >= 0) return { page: file, heading, line: line + 1 }
  }
  return undefined
}

function flat(text: string): string {
  return text.trim().replace(/\n +/g, '\n')
}
