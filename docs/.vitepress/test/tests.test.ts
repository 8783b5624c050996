import { join } from 'node:path'
import { createMarkdownRenderer } from 'vitepress'
import { expect, test } from 'vitest'
import { pages, root, textOf } from '../source.ts'
import { testLinks, testLinksOf, testOf, testsIn, testsInWords, testsShown } from '../tests.ts'

const all = pages().flatMap((page) => testLinksOf(page, textOf(page)))

test.each(all)('a link to a test leads to one that is there: $begins', (link) => {
  const { name, line } = testOf(link)
  expect(textOf(link.file).split('\n')[line - 1]).toContain(name.slice(0, 10))
})

const chapter = 'docs/steps/07-deadlines/index.md'
const cancels = 'steps/07-deadlines/test/cancel.test.ts'

test('each row of the table of races has its test, and each test of a race its row', () => {
  const rows = /^\| the cancel comes[\s\S]*?\n\n/m.exec(textOf(chapter))![0].trim().split('\n').slice(2)
  const shown = rows.map((row) => testLinksOf(chapter, row).map((link) => `${link.file} ${testOf(link).line}`))
  expect(shown.map(({ length }) => length)).toEqual(rows.map(() => 1))
  const text = textOf(cancels)
  const [races = ''] = /^describe\('the races of a cancel'[\s\S]*?^\}\)/m.exec(text) ?? []
  const before = text.slice(0, text.indexOf(races)).split('\n').length - 1
  const wanted = testsIn(races).map(({ line }) => `${cancels} ${line + before}`)
  expect(wanted.length).toBeGreaterThan(5)
  expect(shown.flat()).toEqual(expect.arrayContaining(wanted))
})

test('a test that is gone, or is not the only one, is an error that says so', () => {
  expect(() => testOf({ file: cancels, begins: 'after the replies' })).toThrow(
    `${cancels} has no test whose name begins with "after the replies"`,
  )
  expect(() => testOf({ file: cancels, begins: 'of ' })).toThrow('has several tests')
})

test.each([
  ["test('a: b', () => {", ['a: b']],
  ['  test("somebody else\'s", async () => {', ["somebody else's"]],
  ["test('nobody\\'s', () => {", ["nobody's"]],
  ["test.skipIf(isWindows)('c', () => {", ['c']],
  ["test.each<[string, Handler]>([1])('d', () => {", ['d']],
  ["// test('e', () => {", []],
  ["expect.test('f', x)", []],
])('in %j are the tests %j', (text, names) => expect(testsIn(text).map(({ name }) => name)).toEqual(names))

test('on its page a link leads to the line of the test, on a page of the file', async () => {
  const md = await createMarkdownRenderer(root, { config: (md) => testLinks(md, '/base/') })
  const env = { path: join(root, chapter) }
  const html = await md.renderAsync(`| [of somebody else's](../../../${cancels}) |\n|---|\n`, env)
  const { name, line } = testOf({ file: cancels, begins: "of somebody else's" })
  expect(html).toContain(`href="/base/source/${cancels}.html#L${line}" target="_self" title="${name}">of somebody else's</a>`)
  expect(html).toContain(`cancel.test.ts, line ${line}</span>`)
  expect(testsShown()).toContain(cancels)
  await expect(md.renderAsync(`[once](../../../${cancels})`, env)).rejects.toThrow('no test whose name begins with "once"')
})

test('in words a link says file and line', () => {
  expect(testsInWords(chapter, `[after the reply](../../../${cancels})`)).toMatch(
    /^after the reply \(steps\/07-deadlines\/test\/cancel\.test\.ts, line \d+\)$/,
  )
})
