import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { runInTurn } from '@rpc-steps/cli/processes'
import { createMarkdownRenderer } from 'vitepress'
import { describe, expect, test } from 'vitest'
import config from '../config.ts'
import { compare } from '../changes.ts'
import { excerpt, textOfRound } from '../rounds.ts'
import { root, textOf } from '../source.ts'
import { recordingOf } from '../course.ts'
import { wordsOf } from '../record/output.ts'
import { commands } from '../words/recorded.ts'
import { last, told } from '../../your-language/tables.ts'

const page = textOf('docs/your-language.md')

describe('the page about the reader’s own language', () => {
  test('shows what each round changes, in order', () => {
    const numbers = [...page.matchAll(/^<Round number="(\d+)" \/>$/gm)].map(([, number]) => Number(number))
    expect(numbers).toEqual(Array.from({ length: last - 1 }, (_, i) => i + 2))
  })

  test('has no command that is not run', () => {
    const shown = [...page.matchAll(/^```sh\n([^]*?)\n```$/gm)].map(([, command = '']) => command)
    expect(shown.length).toBeGreaterThan(last)
    expect(shown.filter((command) => !Object.values(commands).includes(command))).toEqual([])
  })
})

const python = spawnSync('python3', ['-c', '(all := 1)']).status === 0
const noPython = 'no Python 3.8 or later was found: apt install python3'

describe('what the tester says of the reader’s own language', () => {
  const tester = new URL('../../../test/conformance/main.ts', import.meta.url).href
  const all = Object.entries(told).map(([file, one]) => ({ file, recorded: textOf(recordingOf(file)), ...one }))

  test.each(all)('$file is not taken for something else', ({ recorded, facts, doctored: [from, to] }) => {
    expect(recorded).toMatch(from)
    expect(facts(recorded.replace(from, to))).not.toEqual(facts(recorded))
  })

  test(python ? 'can be tried' : `the rest is skipped: ${noPython}`, () => {
    if (process.env['CI']) expect(python, noPython).toBe(true)
  })

  // One after another in one process. On a machine that stands still for a moment, what is not there yet may
  // be taken for what does not come: then it is asked again.
  test.runIf(python && process.platform === 'linux')('is what was recorded', async () => {
    let left = all
    for (let tries = 3; tries > 0 && left.length > 0; tries--) {
      const programs = left.map(({ args, smaller = '' }) => ({ file: tester, args: wordsOf(`${args} ${smaller}`) }))
      const ran = await runInTurn(programs, 300_000, { cwd: root })
      const different = left.filter(({ recorded, facts, ends = 0 }, i) => {
        const { code, stdout, stderr } = ran[i]!
        const said = [code, facts(stdout + stderr)]
        if (tries === 1) expect(said).toEqual([ends, facts(recorded)])
        return !isDeepStrictEqual(said, [ends, facts(recorded)])
      })
      left = different
    }
  }, 600_000)
})

describe('a round', () => {
  test('is shown with two lines around what differs', () => {
    const [a, b] = ['1\n2\n3\n4\n5\n6\n7\n8\n9', '1\n2\n3\nfour\n5\n6\n7\n8\n9\n10']
    expect(excerpt(compare(a, b)).split('\n')).toEqual(['  …', '  2', '  3', '- 4', '+ four', '  5', '  6', '  …', '  8', '  9', '+ 10'])
  })

  test('is drawn as a comparison', async () => {
    const md = await createMarkdownRenderer(join(root, 'docs'), config.markdown)
    const html = await md.renderAsync('<Round number="2" />', { relativePath: 'your-language.md' })
    expect(html).toContain('language-diff')
    expect(html.replace(/<[^>]+>/g, '')).toContain('len(body), body')
    expect(textOfRound(1)).not.toContain('#region')
  })
})
