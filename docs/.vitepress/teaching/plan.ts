import { exercisesOf } from '../../../test/exercises/src/exercise.ts'
import { chapterOf, reading, steps } from '../course.ts'
import type { Chapter, Step } from '../course.ts'
import { sectionsOf, sum } from './effort.ts'
import { teachings } from './teaching.ts'
import type { Teaching } from './teaching.ts'

/** When the pages before the steps are read: the day of a workshop, the week of a semester. */
const front: Readonly<Record<string, { day: number; week: number }>> = {
  start: { day: 1, week: 1 },
  service: { day: 1, week: 1 },
  wire: { day: 1, week: 1 },
  connection: { day: 2, week: 2 },
}

/** What a workshop has no time for in any step. It is for the evening. */
const leftOut = ['In the wild', 'What changed', 'Next']

/** What the end project should have reached by the end of a week, by the stages of the tester. */
const due: Readonly<Record<number, readonly string[]>> = {
  3: ['framing'],
  5: ['messages', 'errors'],
  7: ['batches', 'lines'],
  9: ['waiting', 'hostile'],
  11: ['deadlines'],
  13: ['streams'],
}

const days = 5
const weeks = 14

/** A day, or a week. */
export interface Slot {
  place: number
  pages: readonly Chapter[]
  /** What is written. */
  exercises: readonly string[]
  /** What else there is to do. */
  beside: string
  minutes: number
}

/** A workshop, by days. The sections that a day has no time for stand in `beside`. */
export function workshop(): Slot[] {
  return slots(days, 'day', (step, { workshop: { exercises, without = [] } }) => {
    const skipped = [...leftOut, ...without]
    const read = sum(sectionsOf(chapterOf(step).page).filter(({ title }) => !skipped.includes(title)))
    const chosen = exercisesOf(step.folder).filter(({ name }) => exercises.includes(name))
    return {
      exercises: chosen.map(({ id }) => id),
      beside: without.length > 0 ? `of ${step.number} ${without.map((title) => `*${title}*`).join(', ')}` : '',
      minutes: read.minutes - read.writing + chosen.reduce((all, { minutes }) => all + minutes, 0),
    }
  })
}

/** A semester, by weeks: all of each chapter, and the project beside it. */
export function semester(): Slot[] {
  return slots(weeks, 'week', (step) => ({
    exercises: exercisesOf(step.folder).map(({ id }) => id),
    beside: '',
    minutes: sum(sectionsOf(chapterOf(step).page)).minutes,
  })).map((slot) => {
    const stages = due[slot.place]
    const last = slot.place === weeks
    const beside = last ? 'the projects are shown; the exam' : stages ? `project: ${stages.join(' and ')}` : ''
    return { ...slot, beside: slot.pages.length === 0 && !last ? [beside, 'what is left over'].filter((text) => text).join('; ') : beside }
  })
}

function slots(
  count: number,
  unit: 'day' | 'week',
  loadOf: (step: Step, teaching: Teaching) => Pick<Slot, 'exercises' | 'beside' | 'minutes'>,
): Slot[] {
  return Array.from({ length: count }, (_, i) => {
    const place = i + 1
    const before = reading.filter(({ page }) => front[page]?.[unit] === place)
    const own = steps.flatMap((step) => {
      const teaching = teachings.get(step.number)
      const when = unit === 'day' ? teaching?.workshop.day : teaching?.week
      return teaching && when === place ? [{ step, ...loadOf(step, teaching) }] : []
    })
    return {
      place,
      pages: [...before, ...own.map(({ step }) => chapterOf(step))],
      exercises: own.flatMap(({ exercises }) => exercises),
      beside: own.flatMap(({ beside }) => (beside === '' ? [] : [beside])).join('; '),
      minutes:
        before.reduce((all, { page }) => all + sum(sectionsOf(page)).minutes, 0) +
        own.reduce((all, { minutes }) => all + minutes, 0),
    }
  })
}
