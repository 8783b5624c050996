import { describe, expect, test } from 'vitest'
import { steps } from '../.vitepress/course.ts'
import { textOf } from '../.vitepress/source.ts'
import { stateOf } from '../../test/conformance/src/states.ts'

const chapters = steps.map(({ number, folder }) => ({
  number,
  folder,
  text: textOf(`docs/steps/${folder}.md`),
}))

/** The sections of a chapter, in this order; those in brackets may be missing. */
const grammar = [
  'Feel the problem',
  'The idea in one picture',
  'Build it',
  'Watch it',
  'Break it',
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
      const { state, because } = stateOf(step, `waiting: ${found[0]![1]}`)
      // The one command that shows the failure itself asks for what a later step can do.
      if (state === 'must fail') expect(text).toContain('fails, as it must')
      else expect(text).toContain(`--step ${steps[0]!.folder} --filter "${filter}"`)
      expect(because).not.toBe('')
    }
  })

  test('feels the problem by running the step before', () => {
    for (const { folder, number, text } of chapters) {
      const feel = /^## Feel the problem\n([\s\S]*?)^## /m.exec(text)?.[1] ?? ''
      const before = Math.max(1, Number(number) - 1)
      const runs = [`npm run step ${before} -- `, `npx tsx steps/0${before}-`]
      expect(runs.some((command) => feel.includes(`\n${command}`)), folder).toBe(true)
    }
  })
})
