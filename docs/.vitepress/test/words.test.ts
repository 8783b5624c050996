import { describe, expect, test } from 'vitest'
import { steps } from '../course.ts'
import { textOf } from '../source.ts'
import { withPlaces, withTerms } from '../words/annotate.ts'
import { coursePages, glossaryTerms } from '../words/course.ts'
import { checkTerms, placeIdOf, termsOf, usesOf } from '../words/terms.ts'
import { stateOf, subjectOf, subjects } from '../../../test/conformance/src/states.ts'

const chapters = steps.map(({ number, folder }) => ({
  number,
  folder,
  text: textOf(`docs/steps/${folder}/index.md`),
}))

/** The sections of a chapter, in this order; those in brackets may be missing. */
const grammar = [
  'Feel the problem',
  'The idea in one picture',
  'Build it',
  'Watch it',
  'Break it',
  '[Write it]',
  'What it cost',
  'In the wild',
  '[What changed]',
  'Next',
]

function grammarProblems(markdown: string): string[] {
  const text = markdown.replace(/^(`{3,})[\s\S]*?^\1$/gm, '')
  const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, title = '']) => title)
  const wanted = grammar
    .map((title) => title.replace(/^\[(.*)\]$/, (_, optional: string) => optional))
    .filter((title) => headings.includes(title) || grammar.includes(title))
  return [
    ...(headings.join('\n') === wanted.join('\n')
      ? []
      : [`the sections are ${headings.join(', ')}; they must be ${wanted.join(', ')}`]),
    ...(/^# .+\n\n\S/m.test(text) ? [] : ['the title is not followed by what one will have']),
  ]
}

describe('every chapter', () => {
  test.each(chapters)('$folder has the same sections in the same order', ({ text }) => {
    expect(grammarProblems(text)).toEqual([])
  })

  test('is missed when a section is', () => {
    const { text } = chapters[0]!
    expect(grammarProblems(text.replace('## Break it', '## Try it'))).toHaveLength(1)
    expect(grammarProblems(text.replace('## Next', '### Next'))).toHaveLength(1)
    expect(grammarProblems(text.replace(/^After this chapter/m, '## What'))).not.toEqual([])
  })

  test.each(chapters)('$folder: a case that is shown to fail must fail there', ({ text }) => {
    const commands = [...text.matchAll(/^npm run conformance -- .*--step (\S+) --filter "(.+)"$/gm)]
    const cases = [...textOf('test/conformance/cases/waiting.txt').matchAll(/^case: (.+)$/gm)]
    for (const [command, step = '', filter = ''] of commands) {
      const found = cases.filter(([, name = '']) => name.includes(filter))
      expect(found, command).toHaveLength(1)
      const id = `waiting: ${found[0]![1]}`
      const { state } = stateOf(subjectOf(step), id)
      // The one command that shows the failure itself asks for what a later step can do.
      if (state === 'must fail') expect(text).toContain('fails, as it must')
      else expect(text).toContain(`--step ${steps[0]!.folder} --filter "${filter}"`)
      expect(subjects.map((subject) => stateOf(subject, id).state)).toContain('must fail')
    }
  })

  test('feels the problem by running the step before', () => {
    for (const { folder, number, text } of chapters) {
      const feel = /^## Feel the problem\n([\s\S]*?)^## /m.exec(text)?.[1] ?? ''
      const before = Math.max(1, Number(number) - 1)
      const runs = [`npm run step ${before} -- `, `npx tsx steps/${String(before).padStart(2, '0')}-`]
      expect(runs.some((command) => feel.includes(`\n${command}`)), folder).toBe(true)
    }
  })
})

describe('every term of the glossary', () => {
  const pages = coursePages()
  const terms = glossaryTerms()

  test('is defined once, before its first use', () => {
    expect(terms.length).toBeGreaterThan(30)
    expect(checkTerms(pages, terms)).toEqual([])
  })

  test('stands in order, and the entry leads to the place and back', () => {
    const names = terms.map(({ name }) => name.toLowerCase())
    expect(names).toEqual([...names].sort())
    const glossary = withPlaces(textOf('docs/glossary.md'), pages, terms)
    const linked = pages.map(({ path, text }) => withTerms(path, text, pages, terms)).join('\n')
    for (const term of terms) {
      const id = placeIdOf(term)
      expect(glossary).toMatch(new RegExp(`^\\[.+\\]\\(/[\\w/-]+#${id}\\)\\{\\.place\\}$`, 'm'))
      expect(linked.split(`<dfn id="${id}">`), term.name).toHaveLength(2)
    }
  })
})

describe('the check of terms', () => {
  const terms = termsOf('# Glossary\n\n## Frame\n\nA message.\n\n## In flight\n\nSent.\n')
  const page = (path: string, ...lines: string[]) => ({ path, text: lines.join('\n') })
  const good = [
    page('a.md', '# In flight', 'A <dfn>frame</dfn> is', 'Two frames. <dfn>in', 'flight</dfn>'),
    page('b.md', 'A frame in flight', '`frame`'),
  ]

  test('passes what is right', () => expect(checkTerms(good, terms)).toEqual([]))

  test('finds a use before the definition, also over the end of a line', () => {
    expect(checkTerms([page('0.md', 'FRAMES', 'in', 'flight'), ...good], terms)).toEqual([
      '0.md:1: FRAMES, which is defined at a.md:2',
      '0.md:2: in flight, which is defined at a.md:3',
    ])
  })

  test('finds a definition that is missing, unknown or repeated', () => {
    const wrong = page('a.md', '<dfn>frame</dfn> <dfn>wire</dfn> <dfn>frame</dfn>')
    expect(checkTerms([wrong], terms)).toEqual([
      'a.md:1: the glossary has no entry for wire',
      'Frame: defined a second time at a.md:1',
      'In flight: no page defines it',
    ])
  })

  test.each([
    '```txt\nframe\n```',
    '`frame`',
    '<!-- frame -->',
    '<<< ./frame.ts#frame{ts}',
    '[x](/frame)',
    '<Frame frame="frame" />',
    'key-frame, framework',
  ])('%j is no use', (text) => {
    expect(usesOf(terms[0]!, text)).toEqual([])
  })

  test('links the first use on a later page, and nothing that is a link already', () => {
    const b = page('b.md', '# A frame', '[a frame](/x), two frames, a frame')
    const pages = [page('0.md', ''), ...good, b].map((p, i) => ({ ...p, path: `${i}.md` }))
    expect(withTerms('3.md', b.text, pages, terms)).toBe(
      '# A frame\n[a frame](/x), two [frames](/glossary#frame "A message."){.term}, a frame',
    )
  })
})
