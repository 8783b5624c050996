import { points } from '../../../test/conformance/src/points.ts'
import { chapterOf, reading, steps, stepOf } from '../course.ts'
import type { Chapter, Step } from '../course.ts'
import { rates, sectionsOf, sum } from './effort.ts'
import type { Effort } from './effort.ts'
import { semester, workshop } from './plan.ts'
import type { Slot } from './plan.ts'
import { shownAs, teachings } from './teaching.ts'

/** What the page for teachers has computed, by the name in its comment `<!-- teaching: NAME -->`. Markdown. */
const parts: Readonly<Record<string, () => string>> = {
  pages: pagesTable,
  workshop: () => plan('Day', workshop(), 'left out'),
  semester: () => plan('Week', semester(), 'beside it'),
  steps: () => steps.map(stepInDetail).join('\n\n'),
  points: pointsTable,
}

/** The page with all of them in their places. Throws when it asks for something that there is not. */
export function withParts(markdown: string): string {
  return markdown.replace(/<!-- teaching: (\w+) -->/g, (_, name: string) => {
    const part = parts[name]
    if (!part) throw new Error(`docs/teaching.md: there is no part called ${name}`)
    return part()
  })
}

function pagesTable(): string {
  const rows = reading.map((chapter) => ({ chapter, effort: sum(sectionsOf(chapter.page)) }))
  const all = sum(rows.map(({ effort }) => effort))
  const { words, lines, question, picture, command } = rates
  return [
    table(
      ['page', 'words', 'lines of code', 'questions', 'exercises', 'reading', 'writing', 'in all'],
      [...rows.map(({ chapter, effort }) => [linkTo(chapter), ...cellsOf(effort)]), ['**all of it**', ...cellsOf(all)]],
    ),
    `Counted from the pages when the site is built. Reading is reckoned at ${words} words and ${lines} lines of code a minute, with ${question} minutes for each question, ${picture} for each picture and ${command} for each command. Writing is what the exercises say of themselves. Half as fast is not slow.`,
  ].join('\n\n')
}

function cellsOf(effort: Effort): string[] {
  const { words, lines, questions, exercises, writing, minutes } = effort
  return [words.toLocaleString('en'), lines.toLocaleString('en'), `${questions}`, `${exercises}`, time(minutes - writing), time(writing), time(minutes)]
}

function plan(unit: string, slots: readonly Slot[], beside: string): string {
  return table(
    [unit, 'pages', 'exercises', beside, 'hours'],
    slots.map(({ place, pages, exercises, beside, minutes }) => [
      `${place}`,
      pages.map(linkTo).join(', ') || '–',
      exercises.map((id) => `\`${id}\``).join(', ') || '–',
      beside || '–',
      minutes > 0 ? time(minutes) : '–',
    ]),
  )
}

function stepInDetail(step: Step): string {
  const { number, title } = step
  const heading = `### ${number} ${title} {#step-${number}}`
  const sections = sectionsOf(chapterOf(step).page)
  const minutes = [
    `<details><summary>Minutes, section by section: ${time(sum(sections).minutes)} in all</summary>`,
    table(
      ['section', 'words', 'lines', 'questions', 'minutes'],
      sections.map(({ title, words, lines, questions, minutes }) => [title || 'the beginning', `${words}`, `${lines}`, `${questions}`, `${Math.ceil(minutes)}`]),
    ),
    '</details>',
  ].join('\n\n')
  const teaching = teachings.get(number)
  if (!teaching) return `${heading}\n\n${minutes}`
  const { before, goals, misconceptions } = teaching
  return [
    heading,
    `**To be known before:** ${before.join('; ')}.`,
    '**Afterwards a student can**',
    goals.map(({ can, shown }) => `- ${can} (${shownAs(step, shown)})`).join('\n'),
    '<div class="beliefs">',
    table(
      ['many believe', 'but', 'shown by'],
      misconceptions.map(({ belief, instead, shown }) => [belief, instead, shownAs(step, shown)]),
    ),
    '</div>',
    minutes,
  ].join('\n\n')
}

function pointsTable(): string {
  const rows = Object.entries(points).map(([stage, { most, says }]) => [`\`${stage}\``, says, `${most}`])
  const all = Object.values(points).reduce((sum, { most }) => sum + most, 0)
  return table(['stage', 'the server', 'points'], [...rows, ['**all**', '', `**${all}**`]])
}

/** Hours and minutes, up to the next five. */
function time(minutes: number): string {
  const whole = Math.ceil(minutes / 5) * 5
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

function linkTo({ page, title }: Chapter): string {
  const step = stepOf(page)
  return `[${step ? `${step.number} ` : ''}${title}](/${page})`
}

/** Columns in which there are only numbers stand at the right. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const isNumber = (column: number) => column > 0 && rows.every((cells) => /^[*\d,:–]*$/.test(cells[column]!))
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(heads), line(heads.map((_, column) => (isNumber(column) ? '---:' : '---'))), ...rows.map(line)].join('\n')
}
