import { exercisesOf } from '../../../test/exercises/src/exercise.ts'
import { panelOf } from '../changes.ts'
import { stepOf } from '../course.ts'
import { fileOfPage, isMarker, regionsOf, snippetsOf, textOf } from '../source.ts'
import { proseOf } from '../words/prose.ts'

/**
 * What a reader is taken to do in a minute, or in how many. Carver ("Reading Rate", 1990) found some 200
 * words a minute where people read to learn. Nobody has measured the rest: it is what we reckon with.
 */
export const rates = {
  /** Words of prose that are read in a minute. */
  words: 200,
  /** Lines of code, or of output, in a minute. */
  lines: 12,
  /** Minutes for a question, to answer it and to read why. */
  question: 2,
  /** Minutes for a picture: a timeline to step through, a curve, a sketch. */
  picture: 2,
  /** Minutes for a command, to type it and to look at what it prints. */
  command: 1,
} as const

/** What there is in a part of a page. */
export interface Effort {
  words: number
  lines: number
  questions: number
  pictures: number
  commands: number
  exercises: number
  /** Of these, what the exercises take by themselves. */
  writing: number
  /** All of it, in minutes. */
  minutes: number
}

/** A section of a page: its title, which is empty above the first, and what is in it. */
export interface Section extends Effort {
  title: string
}

/** The sections of a page, such as `steps/NN-name` or `wire`, in order. */
export function sectionsOf(page: string): Section[] {
  const path = `${page}.md`
  const file = fileOfPage(path)
  const step = stepOf(path)
  const writing = step ? exercisesOf(step.folder).map(({ minutes }) => minutes) : []
  return cut(textOf(file).replaceAll('\r\n', '\n')).map(({ title, text }) => {
    const fences = [...text.matchAll(/^(`{3,})(\w*)[^\n]*\n([\s\S]*?)^\1$/gm)]
    const inFences = (isMeant: (language: string) => boolean) => fences.filter(([, , language = '']) => isMeant(language))
    const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0
    const panel = text.includes('<Changes ') && step ? panelOf(step.number) : ''
    const mine = text.includes('<Exercises ') ? writing : []
    const there = {
      words: wordsIn(text) + wordsIn(panel),
      lines:
        snippetsOf(file, text).reduce((sum, { file, region }) => sum + linesShown(file, region), 0) +
        inFences((language) => !['sh', 'sketch'].includes(language)).reduce((sum, [, , , code = '']) => sum + filled(code), 0),
      questions: count(/<Predict /g),
      pictures:
        count(/<(?:Timeline|WaitingCurve|LimitCurves|FromThisPage|OneCall|Modelled) /g) +
        count(/<(?:WaitingCurve|LimitCurves|FromThisPage)\b(?! )/g) +
        inFences((language) => language === 'sketch').length,
      commands: inFences((language) => language === 'sh').reduce((sum, [, , , code = '']) => sum + filled(code), 0),
      exercises: mine.length,
      writing: mine.reduce((a, b) => a + b, 0),
    }
    return { title, ...there, minutes: minutesFor(there) }
  })
}

/** A page, or some of its sections, as a whole. */
export function sum(sections: readonly Effort[]): Effort {
  const of = (key: keyof Effort) => sections.reduce((all, section) => all + section[key], 0)
  return {
    words: of('words'),
    lines: of('lines'),
    questions: of('questions'),
    pictures: of('pictures'),
    commands: of('commands'),
    exercises: of('exercises'),
    writing: of('writing'),
    minutes: of('minutes'),
  }
}

function minutesFor(there: Omit<Effort, 'minutes'>): number {
  const { words, lines, questions, pictures, commands, writing } = there
  return (
    words / rates.words +
    lines / rates.lines +
    questions * rates.question +
    pictures * rates.picture +
    commands * rates.command +
    writing
  )
}

/** A page by its headings of the second level; what looks like one in a fence is none. */
function cut(markdown: string): { title: string; text: string }[] {
  const parts = [{ title: '', text: '' }]
  let fence = ''
  for (const line of markdown.replace(/^---\n[\s\S]*?^---$/m, '').split('\n')) {
    const [, marks = ''] = /^(`{3,})/.exec(line) ?? []
    if (fence === '') fence = marks
    else if (line === fence) fence = ''
    const [, title] = fence === '' ? (/^## (.+?)(?: \{.*\})?$/.exec(line) ?? []) : []
    if (title === undefined) parts.at(-1)!.text += `${line}\n`
    else parts.push({ title, text: '' })
  }
  return parts.filter(({ title, text }) => title !== '' || text.trim() !== '')
}

function wordsIn(markdown: string): number {
  return proseOf(markdown).match(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu)?.length ?? 0
}

function linesShown(file: string, region: string): number {
  const text = textOf(file)
  const found = region === '' ? undefined : regionsOf(text).find(({ name }) => name === region)
  const lines = text.split(/\r?\n/).slice(...(found ? [found.first - 1, found.last] : []))
  return filled(lines.filter((line) => !isMarker(line)).join('\n'))
}

function filled(text: string): number {
  return text.split('\n').filter((line) => line.trim() !== '').length
}
