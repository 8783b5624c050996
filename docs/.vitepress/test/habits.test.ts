import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { siteFrom } from '../base.ts'
import { cardFolder, cardPages, digest } from '../cards.ts'
import { reading, steps } from '../course.ts'
import { cardOf, headOf } from '../head.ts'
import { allPages, chapters, full, index, pageOf, plain } from '../llms.ts'
import type { Page } from '../llms.ts'
import { root, textOf } from '../source.ts'
import { goOn, marked, sound } from '../theme/progress.ts'
import type { Mark, Progress } from '../theme/progress.ts'

describe('progress', () => {
  const pages = ['a', 'b', 'c']

  test.each<[Progress, string | undefined]>([
    [{}, undefined],
    [{ a: 'opened' }, 'a'],
    [{ c: 'opened' }, 'c'],
    [{ a: 'read' }, 'b'],
    [{ a: 'read', c: 'opened' }, 'b'],
    [{ a: 'opened', b: 'read' }, 'c'],
    [{ a: 'opened', c: 'read' }, 'a'],
    [{ a: 'read', b: 'read', c: 'read' }, undefined],
    [{ elsewhere: 'read' }, undefined],
  ])('%j goes on with %s', (progress, page) => expect(goOn(progress, pages)).toBe(page))

  test('what was read stays read', () => {
    const opened = marked({}, 'a', 'opened')
    expect(opened).toEqual({ a: 'opened' })
    const read = marked(opened, 'a', 'read')
    expect(marked(read, 'a', 'opened')).toEqual({ a: 'read' })
  })

  const someMark = fc.constantFrom<Mark>('opened', 'read')
  const history = fc.array(fc.record({ page: fc.constantFrom(...pages), mark: someMark }))

  test('whoever has begun and not finished is led to a page that is not read', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const progress = steps.reduce<Progress>((p, s) => marked(p, s.page, s.mark), {})
        const next = goOn(progress, pages)
        const finished = pages.every((page) => progress[page] === 'read')
        expect(next === undefined).toBe(steps.length === 0 || finished)
        if (next !== undefined) expect(progress[next]).not.toBe('read')
      }),
    )
  })

  test('of what the browser kept, only what the course has is taken', () => {
    const [first] = reading
    const kept = { [first!.page]: 'read', gone: 'read', [reading[1]!.page]: '<b>' }
    expect(sound(kept)).toEqual({ [first!.page]: 'read' })
    for (const other of [null, 3, 'read', ['read']]) expect(sound(other)).toEqual({})
  })
})

const here = 'https://example.org/rpc-steps/'
const place = { base: '/rpc-steps/', site: 'https://example.org' }

test('a site is scheme and host', () => {
  expect(siteFrom(undefined)).toBeUndefined()
  expect(siteFrom('')).toBeUndefined()
  expect(siteFrom('https://example.org')).toBe('https://example.org')
  for (const wrong of ['example.org', 'https://example.org/', 'https://a/b', 'ftp://a', 'https://']) {
    expect(() => siteFrom(wrong)).toThrow('SITE must be scheme and host')
  }
})

describe('what a link to a page shows', () => {
  const about = { file: 'steps/02-callbacks.md', title: 'Callbacks', description: 'One thread.' }

  test('names the step, and shows its card where the site has an address', () => {
    const head = headOf(about, place)
    const content = (name: string) =>
      head.find(([, { property, name: other }]) => (property ?? other) === name)?.[1]['content']
    expect(content('og:title')).toBe('Step 2: Callbacks')
    expect(content('og:description')).toBe('One thread.')
    expect(content('og:image')).toBe(`${here}cards/02.png`)
    expect(content('og:url')).toBe(`${here}steps/02-callbacks.html`)
    expect(content('twitter:card')).toBe('summary_large_image')
  })

  test('has no picture without an address, as those who show it take no relative one', () => {
    const head = headOf(about, { base: '/', site: undefined })
    expect(JSON.stringify(head)).not.toMatch(/image|canonical|og:url/)
  })

  test('every page says what it is about, each something else', () => {
    const wanting = (pages: Page[]) =>
      pages.filter(({ title, description }) => !title || !/^[A-Z].{30,160}\.$/.test(description))
    const all = allPages()
    expect(wanting(all)).toEqual([])
    expect(new Set(all.map(({ description }) => description)).size).toBe(all.length)
    expect(wanting([pageOf('x.md', '---\ntitle: X\n---\n')])).toHaveLength(1)
  })
})

describe('the cards', () => {
  const fileOf = (name: string, file: string) => join(root, cardFolder(name), file)

  test('are there for every step and for all other pages', () => {
    const needed = ['index.md', 'wire.md', ...steps.map(({ folder }) => `steps/${folder}.md`)]
    expect(needed.map(cardOf).filter((name) => !existsSync(fileOf(name, 'card.png')))).toEqual([])
  })

  test.each([...cardPages().keys()])('%s is a small picture of the size that is usual', (name) => {
    const bytes = readFileSync(fileOf(name, 'card.png'))
    expect(bytes.toString('latin1', 1, 4)).toBe('PNG')
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([1200, 630])
    expect(bytes.length).toBeLessThan(60_000)
  })

  test('show the traces and titles as they are now', () => {
    const now = [...cardPages()].map(([name, html]) => [name, digest(html)])
    const made = now.map(([name = '']) => [name, readFileSync(fileOf(name, 'card.txt'), 'utf8').trim()])
    expect(now, 'make them again: npm run cards:record -w docs').toEqual(made)
  })
})

test('the colour of the browser is that of the paper', () => {
  const tokens = textOf('docs/.vitepress/theme/style/tokens.css')
  const papers = [...tokens.matchAll(/--paper: (#\w+)/g)].map(([, colour]) => colour)
  const config = textOf('docs/.vitepress/config.ts')
  const named = [...config.matchAll(/'theme-color', content: '(#\w+)'/g)].map(([, colour]) => colour)
  expect(papers).toHaveLength(2)
  expect(named).toEqual(papers)
})

describe('the course as plain text', () => {
  const all = allPages()

  test('begins with the course in its order', () => {
    const files = reading.map(({ page }) => `${page}.md`)
    expect(all.slice(0, files.length).map(({ file }) => file)).toEqual(files)
  })

  test('has one line for each page', () => {
    const text = index('About.', all, here)
    expect(text.match(/^- /gm)).toHaveLength(all.length)
    expect(text).toContain(`- [Callbacks](${here}steps/02-callbacks.html): `)
    expect(text).toContain(`${here}llms-full.txt`)
  })

  test('needs nothing of the site', () => {
    const text = full('About.', chapters(), here)
    const prose = text.replace(/^`{3}.*\n[^]*?^`{3}$/gm, '').replace(/`[^`\n]+`/g, '')
    expect(prose.match(/^<<<.*|<\/?[A-Za-z].*|^:::.*|\{\w+=.*|\]\((?!https?:|#).*/gm)).toBeNull()
    expect(text).toContain('steps/01-blocking-sockets/src/client.ts, lines ')
    expect(text).not.toContain('#region')
  })

  test('has code in place of snippets, words in place of pictures, links that lead there', () => {
    const page = (markdown: string) => ({ ...all[0]!, file: 'steps/x.md', markdown })
    const [first] = /#region (\S+)/.exec(textOf('steps/05-gather/src/fetches.ts'))!.slice(1)
    const code = plain(page(`<<< @/../steps/05-gather/src/fetches.ts#${first}{ts}`), here)
    expect(code).toMatch(/^\nsteps\/05-gather\/src\/fetches\.ts, lines \d+ to \d+:\n\n```ts\n[^]+```/)
    expect(() => plain(page('<<< @/../steps/05-gather/src/fetches.ts#none{ts}'), here)).toThrow(
      'has no region none',
    )
    const run = plain(page('<Timeline trace="05-five-fetches">\nFive.\n</Timeline>'), here)
    expect(run).toContain('- 0.0 ms: client: calls fetch 1\n')
    expect(run).toMatch(/\nFive\.\s*$/)
    const asked = plain(page('<Predict id="01-system-calls" />'), here)
    expect(asked).toMatch(/^\*\*Predict\.\*\* .+\n\n(?:- .+\n  (?:Yes|No)\. .+\n){2,}$/)
    expect(() => plain(page('<Predict id="none" />'), here)).toThrow('no question is called none')
    expect(plain(page('<Changes step="02" />'), here)).toContain('- **Who waits.** The thread slept')
    expect(plain(page('[a](./02-callbacks.md#b) [c](/start) [d](/api/) `<T>[e](f)`'), here)).toBe(
      `[a](${here}steps/02-callbacks.html#b) [c](${here}start.html) [d](${here}api/) \`<T>[e](f)\``,
    )
  })
})
