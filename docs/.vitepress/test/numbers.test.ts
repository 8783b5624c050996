import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../source.ts'
import { checkClaims, valuesIn } from '../words/claims.ts'
import { cited, computed, examples } from '../words/numbers.ts'
import { numeralsOf, valueOf } from '../words/numerals.ts'
import { numbersPage, writtenPages } from '../words/page.ts'
import { recordings } from '../words/recorded.ts'

const claims = [...computed, ...cited, ...examples]

describe('the numbers of the pages', () => {
  test('each have a source that is named, and each source a number', () => {
    expect(checkClaims(writtenPages(), claims)).toEqual([])
  })

  test.each(claims.filter(({ is }) => is))('are what the source says: $says.0', async (claim) => {
    const values = await claim.is!()
    for (const phrase of claim.says) expect([phrase, valuesIn(phrase)]).toEqual([phrase, values])
  })

  test('that are worked out say how', () => {
    expect(computed.every(({ is }) => is)).toBe(true)
  })

  test('name files that exist', () => {
    const files = claims.flatMap(({ from }) =>
      [...from.matchAll(/`((?:docs|shared|steps|test)\/[\w/.-]+)`/g)].map(([, file = '']) => file),
    )
    expect(files.length).toBeGreaterThan(20)
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([])
  })
})

describe('the recordings', () => {
  const all = recordings(writtenPages())

  test.each(all.filter(({ file }) => file.endsWith('.txt')))(
    '$file is shown by a page that names its command',
    ({ command, shownIn }) => {
      for (const { path, text } of shownIn) {
        expect(text.includes(command), `${path}: ${command}`).toBe(true)
      }
      const program = /^npx tsx (\S+)$/.exec(command)?.[1]
      if (program) expect(existsSync(join(root, program)), program).toBe(true)
    },
  )

  test('are all shown', () => {
    expect(all.filter(({ shownIn }) => shownIn.length === 0)).toEqual([])
  })

  test('are all on the page of numbers, with the words of every claim', () => {
    const page = numbersPage('/base/')
    for (const { file, command } of all) expect(page).toContain(`| \`${file}\` | \`${command}\` |`)
    const rows = page.match(/^\| .+ \| .+ \| .+ \|$/gm)!
    expect(rows.length).toBeGreaterThan(claims.length + all.length)
    expect(page).toContain('<a href="/base/source/shared/service/src/pages.ts.html">')
  })
})

describe('the check of numbers', () => {
  const wordsOf = (text: string) => numeralsOf(text).map(({ words }) => words)

  test.each([
    ['1,030 ms, 0.3 s and -32600', ['1,030', '0.3', '-32600']],
    ['Ten thousand, fifty-nine, a\nhundred', ['Ten thousand', 'fifty-nine', 'a hundred']],
    ['five threads, six calls, one byte, half a second', ['five', 'one', 'half a']],
  ])('finds the numbers in %j', (text, found) => expect(wordsOf(text)).toEqual(found))

  test.each([
    'step 3, steps 01 and 03, Steps 2, 3 and 4; 05: gather; [10 resilience](steps)',
    'JSON-RPC 2.0, UTF-8, SHA-256, HTTP/2, JEP 444, RFC 1122, 4.2.3.2',
    '`4,096` and [x](/a-7)',
    'a second client, none or 0, byte by byte, one byte at a time',
    '```sh\nnpx 17\n```',
  ])('finds none in %j', (text) => expect(wordsOf(text)).toEqual([]))

  test.each([
    ['1,030', 1030],
    ['-32600', -32600],
    ['fourteen hundred', 1400],
    ['ten thousand', 10_000],
    ['two hundred', 200],
    ['a hundred thousand', 100_000],
    ['fifty-nine', 59],
    ['half a', 0.5],
  ])('%s is %d', (words, value) => expect(valueOf(words)).toBe(value))

  test('finds a number without a source, and a source without a number', () => {
    const claim = { says: ['waits 20 ms', 'waits 20 milliseconds'], from: 'x' }
    const page = { path: 'a.md', text: 'It waits 20\nms.\n\nIt sends 30 bytes.' }
    expect(checkClaims([page], [claim])).toEqual([
      'a.md:4: 30 bytes.: no source is named',
      'no page says: waits 20 milliseconds',
    ])
  })
})
