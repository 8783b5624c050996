import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createMarkdownRenderer } from 'vitepress'
import type { MarkdownRenderer } from 'vitepress'
import { parse } from 'yaml'
import { beforeAll, describe, expect, test } from 'vitest'
import { allExercises, exercisesOf } from '../../../test/exercises/src/exercise.ts'
import { points } from '../../../test/conformance/src/points.ts'
import { chapterOf, reading, steps } from '../course.ts'
import { questions } from '../predict/index.ts'
import { predict } from '../predict/markdown.ts'
import { root, textOf } from '../source.ts'
import { rates, sectionsOf, sum } from '../teaching/effort.ts'
import { keySheet, questionSheet } from '../teaching/exam.ts'
import { withParts } from '../teaching/page.ts'
import { semester, workshop } from '../teaching/plan.ts'
import { shownAs, teachings } from '../teaching/teaching.ts'
import { numeralsOf } from '../words/numerals.ts'

const chapters = steps.filter(({ folder }) => existsSync(join(root, 'docs/steps', folder, 'index.md')))
const titlesOf = (folder: string) => sectionsOf(`steps/${folder}`).map(({ title }) => title)

describe('what a teacher is told of a step', () => {
  test.each(chapters)('is there for $folder, and each thing that shows something exists', (step) => {
    const teaching = teachings.get(step.number)
    expect(teaching, `docs/steps/${step.folder}/teaching.ts is missing`).toBeDefined()
    const { before, goals, misconceptions } = teaching!
    expect([before.length, goals.length, misconceptions.length]).toEqual([expect.toSatisfy(few), expect.toSatisfy(some), expect.toSatisfy(some)])
    for (const { shown } of [...goals, ...misconceptions]) expect(shownAs(step, shown)).toMatch(/^\[.+\]\(\/.+\)$/)
    for (const { belief, instead } of misconceptions) for (const text of [belief, instead]) expect(text).toMatch(/^[A-Z`].*\.$/)
    for (const { can } of goals) expect(can).toMatch(/^[a-z].*[^.]$/)
  })
  const few = (n: number) => n >= 1
  const some = (n: number) => n >= 4

  test('names no exercise and no section that there is not', () => {
    for (const { number, folder } of chapters) {
      const { exercises, without = [] } = teachings.get(number)!.workshop
      expect(exercisesOf(folder).map(({ name }) => name), folder).toEqual(expect.arrayContaining([...exercises]))
      expect(titlesOf(folder), folder).toEqual(expect.arrayContaining([...without]))
    }
  })

  test('has no number in it, since nobody would know where it is from', () => {
    const texts = [...teachings.values()].flatMap(({ before, goals, misconceptions }) => [
      ...before,
      ...goals.map(({ can }) => can),
      ...misconceptions.flatMap(({ belief, instead }) => [belief, instead]),
    ])
    expect(texts.length).toBeGreaterThan(150)
    expect(texts.flatMap((text) => numeralsOf(text).map(({ words }) => `${words}: ${text}`))).toEqual([])
  })

  test.each(['question 03-nope', 'question 04-turns', 'bug nope', 'exercise nope'] as const)('is found out when it names %s', (shown) => {
    expect(() => shownAs(steps[2]!, shown)).toThrow(`teaching.ts: step 03 has no ${shown}`)
  })
})

describe('what a page takes', () => {
  test.each(chapters)('$folder: its sections are those of the chapter, and nothing of it is forgotten', ({ number, folder }) => {
    const text = textOf(`docs/steps/${folder}/index.md`)
    const all = sum(sectionsOf(`steps/${folder}`))
    expect(titlesOf(folder)).toEqual(['', ...[...text.replace(/^`{3,}[\s\S]*?^`{3,}$/gm, '').matchAll(/^## (.+)$/gm)].map(([, title]) => title)])
    expect(all.questions).toBe(questions.filter(({ id }) => id.startsWith(number)).length)
    const own = exercisesOf(folder)
    expect([all.exercises, all.writing]).toEqual([own.length, own.reduce((sum, { minutes }) => sum + minutes, 0)])
    const { words, lines, questions: asked, pictures, commands, writing, minutes } = all
    expect(minutes).toBeCloseTo(
      words / rates.words + lines / rates.lines + asked * rates.question + pictures * rates.picture + commands * rates.command + writing,
    )
    expect(words).toBeGreaterThan(1000)
    expect(words).toBeLessThan(text.split(/\s+/).length)
  })

  test('all exercises are counted', () => {
    expect(sum(reading.flatMap(({ page }) => sectionsOf(page))).exercises).toBe(allExercises().length)
  })
})

describe('a plan', () => {
  test.each([
    ['week', workshop(), 5, 7],
    ['semester', semester(), 14, 4],
  ])('for a %s has each page once, and no day or week is too long', (_, slots, count, hours) => {
    expect(slots).toHaveLength(count)
    const placed = slots.flatMap(({ pages }) => pages.map(({ page }) => page))
    expect(placed).toEqual([...reading.map(({ page }) => page)].sort((a, b) => placed.indexOf(a) - placed.indexOf(b)))
    for (const { place, minutes } of slots) expect(minutes, `${place}`).toBeLessThanOrEqual(hours * 60)
    // Steps are read in their order.
    expect(placed.filter((page) => page.startsWith('steps/'))).toEqual(steps.map((step) => chapterOf(step).page))
  })

  test('has every stage of the project due once, in the order of the points', () => {
    const due = semester().flatMap(({ beside }) => (/^project: ([^;]*)/.exec(beside)?.[1] ?? '').split(' and ').filter((stage) => stage))
    expect(due).toEqual(Object.keys(points))
  })
})

describe('the page for teachers', () => {
  test('has all that is computed in its place', () => {
    const page = withParts(textOf('docs/teaching.md'))
    expect(page).not.toContain('<!--')
    for (const { number } of chapters) {
      const { goals, misconceptions } = teachings.get(number)!
      for (const { can } of goals) expect(page).toContain(`- ${can} (`)
      for (const { belief, instead } of misconceptions) expect(page).toContain(`| ${belief} | ${instead} | [`)
    }
    for (const { page: path } of reading) expect(page).toContain(`](/${path}) | `)
  })

  test('is an error when it asks for what is not there', () => {
    expect(() => withParts('<!-- teaching: nothing -->')).toThrow('there is no part called nothing')
  })
})

describe('the exam', () => {
  const [sheet, keys] = [questionSheet(), keySheet()]
  /** What is printed of a question: its name there, its text and its options. */
  const printed = (id: string) => {
    const [, place = '', text = '', list = ''] = new RegExp(`<div class="asked" id="question-${id}">\n\n\\*\\*(\\S+)\\.\\*\\* (.+)\n\n([^]*?)\n\n</div>`).exec(sheet) ?? []
    return { place, text, options: list.split('\n').map((line) => line.replace(/^\d+\. /, '')) }
  }

  let md: MarkdownRenderer
  beforeAll(async () => void (md = await createMarkdownRenderer(root, { config: predict })))

  test.each(questions)('has $id as its chapter asks it, and the key that the site gives', ({ id }) => {
    const [, json = ''] = /:question='([^']*)'/.exec(md.render(`<Predict id="${id}" />\n`)) ?? []
    const shown = JSON.parse(json) as { text: string; options: { text: string; right: boolean; why: string }[] }
    const inline = (markdown: string) => md.renderInline(markdown).replaceAll(' v-pre', '')
    const { place, text, options } = printed(id)
    expect(inline(text)).toBe(shown.text)
    expect(options.map(inline)).toEqual(shown.options.map((option) => option.text))
    const [, letter = '', why = ''] = new RegExp(`^\\*\\*${place.replace('.', '\\.')} ([a-h])\\.\\*\\* (.+)$`, 'm').exec(keys) ?? []
    expect(shown.options['abcdefgh'.indexOf(letter)]).toMatchObject({ right: true, why: inline(why) })
  })

  test('has them in the order of the chapters, and says nothing of the keys', () => {
    const asked = [...sheet.matchAll(/<div class="asked" id="question-([^"]+)">/g)].map(([, id]) => id)
    const placed = steps.flatMap(({ folder }) => [...textOf(`docs/steps/${folder}/index.md`).matchAll(/<Predict id="([^"]*)"/g)].map(([, id]) => id))
    expect(asked).toEqual(placed)
    expect(keys.match(/^\*\*\d\d\.\d+ [a-h]\.\*\*/gm)).toHaveLength(asked.length)
    for (const { ask } of questions) for (const { right, why } of ask().options) if (right) expect(sheet).not.toContain(why)
  })
})

describe('the build that gives points', () => {
  interface Job {
    steps: { uses?: string; run?: string; with?: Record<string, string>; env?: Record<string, string>; 'working-directory'?: string }[]
  }
  const file = textOf('docs/public/points.yml')
  const { jobs, permissions } = parse(file) as { jobs: Record<string, Job>; permissions: unknown }
  const { steps: parts } = jobs['points']!

  test('is shown by the page, as it is', () => {
    expect(textOf('docs/teaching.md')).toMatch(/^<<< \.\/public\/points\.yml\{yaml\}$/m)
  })

  test('runs what there is, in the course that it has checked out', () => {
    expect(permissions).toEqual({ contents: 'read' })
    const places = parts.flatMap(({ with: given }) => (given?.['path'] ? [given['path']] : []))
    expect(places).toEqual(['server', 'course'])
    const runs = parts.filter(({ run }) => run)
    expect(runs.map((part) => part['working-directory'])).toEqual(runs.map(() => 'course'))
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }
    for (const { run = '' } of runs) {
      for (const [, script = ''] of run.matchAll(/npm run (?:--silent )?(\w+)/g)) expect(scripts).toHaveProperty(script)
      for (const [, program = ''] of run.matchAll(/npx tsx (\S+)/g)) expect(existsSync(join(root, program)), program).toBe(true)
    }
    expect(runs.some(({ env }) => env?.['SERVER']?.includes('{port}'))).toBe(true)
  })

  test('has two lines to change, and says which', () => {
    expect(file.match(/# change this: /g)).toHaveLength(2)
  })
})
