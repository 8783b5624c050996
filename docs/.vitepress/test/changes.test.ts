import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { changed, checkIdeas, compare, linesOfCode, pageOf, panelOf, taken } from '../changes.ts'
import { steps } from '../course.ts'
import { regionsOf, snippetsOf, textOf } from '../source.ts'
import { ideas } from '../ideas.ts'

describe('the ideas', () => {
  test('name regions that exist, and every region of a lesson has one', () => {
    expect(checkIdeas(ideas)).toEqual([])
  })

  test('are found wanting when a region is not there or is forgotten', () => {
    const [first, ...rest] = ideas['05']!
    const wrong = { ...first!, before: ['04/src/peer.ts#cal'], after: ['05/src/fetch.ts#all'] }
    expect(checkIdeas({ ...ideas, '05': [wrong, ...rest] })).toEqual([
      `05, ${wrong.title}: there is no 04/src/peer.ts#cal`,
      `05, ${wrong.title}: there is no 05/src/fetch.ts#all`,
      '05: no idea has 05/src/fetches.ts#in-sequence',
      '05: no idea has 05/src/fetches.ts#all',
    ])
    expect(() => checkIdeas({ '05': [{ ...wrong, before: ['99/src/a.ts#b'] }] })).toThrow('no step 99')
  })

  test.each(steps)('of step $number stand in its chapter, before what comes next', ({ number, folder }) => {
    const sections = textOf(`docs/steps/${folder}/index.md`).split(/^## /m)
    const place = sections.findIndex((text) => text.startsWith('What changed\n'))
    expect(sections[place]).toContain(`<Changes step="${number}" />`)
    expect(sections[place + 1]).toMatch(/^Next\n/)
  })

  test.each(changed)('of step $number are on its page, which its chapter links to', (step) => {
    const page = pageOf(step)
    const shown = snippetsOf('docs/generated/changes/x.md', page)
    for (const { title, line, before = [], after = [] } of ideas[step.number]!) {
      expect(page).toMatch(new RegExp(`## ${title} {#[\\w-]+}`))
      expect(page).toContain(`\n\n${line}`)
      expect(panelOf(step.number)).toMatch(new RegExp(`^- .*${title}.*`, 'm'))
      expect(panelOf(step.number)).toContain(line)
      for (const reference of [...before, ...after]) {
        expect(shown.map(({ region }) => region)).toContain(reference.split('#')[1])
      }
    }
    for (const { info } of shown) expect(info).toBe('ts again')
    expect(panelOf(step.number)).toContain(`(/changes/${step.folder})`)
    const ids = [...page.matchAll(/{#(\S+)}$/gm)].map(([, id]) => id)
    const links = [...panelOf(step.number).matchAll(/#([\w-]+)\)/g)].map(([, id]) => id)
    expect(links).toEqual(ids)
  })
})

test.each(changed)('long code of step $number is folded, and says how long it is', (step) => {
  const sections = pageOf(step).split(/^## /m).filter((text) => text.includes('{ts again}'))
  for (const section of sections) {
    const lengths = snippetsOf('docs/generated/changes/x.md', section).map(({ file, region }) => {
      const { first, last } = regionsOf(textOf(file)).find(({ name }) => name === region)!
      return last - first + 1
    })
    const all = lengths.reduce((a, b) => a + b)
    const [, announced] = /Show all (.*)<\/label>/.exec(section) ?? []
    const told = announced?.match(/\d+/g)?.reduce((sum, n) => sum + Number(n), 0)
    expect(told, section).toBe(section.includes('folds') ? all : undefined)
    if (all <= 30) expect(told).toBe(undefined)
    if (Math.max(...lengths) > 30) expect(told).toBe(all)
  }
})

describe('a comparison', () => {
  test('keeps what is the same', () => {
    expect(compare('a\nb\nc\n', 'a\nx\nc\nd\n').map((line) => line.join(''))).toEqual([
      ' a',
      '-b',
      '+x',
      ' c',
      '+d',
    ])
  })

  test('gives back both texts, and keeps as much as can be kept', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(lines, lines, (a, b) => {
        const both = compare(a.join('\n'), b.join('\n'))
        const of = (marks: string) => both.filter(([m]) => marks.includes(m)).map(([, text]) => text)
        expect(of(' -')).toEqual(a)
        expect(of(' +')).toEqual(b)
        expect(of(' ').length).toBe(longestCommon(a, b))
      }),
    )
  })
})

/** Slow and obvious. */
function longestCommon(a: string[], b: string[]): number {
  if (a.length === 0 || b.length === 0) return 0
  if (a[0] === b[0]) return 1 + longestCommon(a.slice(1), b.slice(1))
  return Math.max(longestCommon(a.slice(1), b), longestCommon(a, b.slice(1)))
}

test('lines of code are counted without blank lines and comments', () => {
  const text = '// one\n\n/**\n * two\n */\nconst a = 1 // three\n  /* four */\n  a()\n/* x */ b()\n'
  expect(linesOfCode(text)).toBe(3)
})

test('what is taken from an earlier step is found', () => {
  const of = (number: string) => Object.fromEntries(taken(steps.find((s) => s.number === number)!))
  expect(of('03')).toEqual({ '02-callbacks': ['Client'] })
  expect(of('04')).toEqual({ '02-callbacks': ['Connection', 'openSocket'], '03-event-loop': ['connect'] })
  expect(of('05')).toEqual({ '04-async-await': ['connect', 'server.ts'] })
})
