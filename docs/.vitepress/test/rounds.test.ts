import { join } from 'node:path'
import { createMarkdownRenderer } from 'vitepress'
import { describe, expect, test } from 'vitest'
import config from '../config.ts'
import { compare } from '../changes.ts'
import { excerpt, textOfRound } from '../rounds.ts'
import { root, textOf } from '../source.ts'
import { commands } from '../words/recorded.ts'
import { last } from '../../your-language/tables.ts'

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
