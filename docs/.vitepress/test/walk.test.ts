import { join } from 'node:path'
import { createMarkdownRenderer } from 'vitepress'
import { beforeAll, describe, expect, test } from 'vitest'
import config from '../config.ts'
import { linesOf } from '../lines.ts'
import { blockOf, pages, regionsOf, root, textOf } from '../source.ts'
import { scrolledTo } from '../theme/walk/reading.ts'
import { typesOf } from '../types.ts'

const stream = 'steps/01-blocking-sockets/src/stream.ts'
const receive = `<<< @/../${stream}#receive{ts}`
const send = `<<< @/../${stream}#send{ts}`
const range = (name: string) => {
  const { first, last } = regionsOf(textOf(stream)).find((region) => region.name === name)!
  return `${first}-${last}`
}

describe('a walk', () => {
  let render: (markdown: string, page?: string) => Promise<string>

  beforeAll(async () => {
    const md = await createMarkdownRenderer(join(root, 'docs'), config.markdown)
    render = (markdown, page = 'docs/steps/made-up/index.md') =>
      md.renderAsync(markdown, {
        path: join(root, page),
        realPath: join(root, page),
        relativePath: page.replace(/^docs\/|\/index(?=\.md$)/g, ''),
      })
  })

  const opened = (html: string) =>
    [...html.matchAll(/<section data-step="(\d+)" data-file="([^"]+)" data-lines="([^"]+)"/g)].map(
      ([, step, file, lines]) => [step, file, lines],
    )

  test('has a step for each snippet, with its file and lines', async () => {
    const html = await render(`::: walk\n\n${receive}\n\nOne.\n\n${send}\n\nTwo.\n\n:::\n\nAfter.`)
    expect(opened(html)).toEqual([
      ['1', stream, range('receive')],
      ['2', stream, range('send')],
    ])
    expect(html.match(/<WalkPanel \/>/g)).toHaveLength(1)
    expect(html.indexOf('After.')).toBeGreaterThan(html.indexOf('<WalkPanel'))
  })

  test('puts each snippet above the text that speaks of it, with its place', async () => {
    const html = await render(`::: walk\n\n${receive}\n\nOne.\n\n:::`)
    const [first, last] = range('receive').split('-')
    expect(html).toContain(`href="/source/${stream}.html#L${first}"`)
    expect(html).toContain(`lines ${first} to ${last}`)
    expect(html.indexOf('</figure>')).toBeLessThan(html.indexOf('One.'))
  })

  test('takes a heading and its text to the snippet below them', async () => {
    const html = await render(
      `::: walk\n\n### A\n\nLead.\n\n${receive}\n\nOne.\n\n### B\n\n${send}\n\n:::`,
    )
    const [, first, second] = html.split('<section')
    expect(first).toMatch(/Lead\.[^]*receive[^]*One\./)
    expect(second).toMatch(/id="b"/)
    expect(opened(html)).toHaveLength(2)
  })

  test('leaves other fences, and pages without a walk, as they are', async () => {
    const html = await render(`::: walk\n\n${receive}\n\n\`\`\`sh\nls\n\`\`\`\n\n:::`)
    expect(opened(html)).toHaveLength(1)
    expect(await render(`${receive}\n\nText.`)).not.toContain('data-step')
  })

  test('a paragraph or an item of a list may speak of less', async () => {
    const text = textOf(stream).split('\n')
    const line = text.findIndex((one) => one.includes('count === EINTR')) + 1
    for (const marked of ['Here. {at="count === EINTR"}', '- Here. {at="count === EINTR"}']) {
      const html = await render(`::: walk\n\n${receive}\n\n${marked}\n\n:::`)
      expect(html).toMatch(new RegExp(`<(?:p|li) data-lines="${line - 1}-${line}">`))
    }
  })

  test('a whole file has its lines numbered, without the marks of regions', async () => {
    // It has types, too.
    const file = 'steps/05-gather/src/gather.ts'
    const html = await render(`<<< @/../${file}{ts anchors}`)
    expect(html).toContain('class="typed"')
    expect(html).not.toContain('#region')
    const numbers = [...html.matchAll(/id="L(\d+)" data-line="\1"/g)].map(([, n]) => Number(n))
    const source = textOf(file).trimEnd().split('\n')
    const kept = source.flatMap((line, i) => (/#(?:end)?region/.test(line) ? [] : [i + 1]))
    expect(kept.length).toBeLessThan(source.length)
    expect(numbers).toEqual(kept)
  })

  test('a few names can be asked for their types', async () => {
    const html = await render('<<< @/../steps/05-gather/src/gather.ts#gather{ts}')
    expect(html).toMatch(/<button type="button" class="typed">.*?queue.*?const queue: ArrayIterator/)
    expect(html.match(/class="typed"/g)).toHaveLength(2)
    const code = html.replace(/<span class="type [^]*?<\/span>/g, '').replace(/<[^>]*>/g, '')
    expect(code).toContain('const queue = items.entries()')
  })

  test.each([
    ['text without a snippet', '### A\n\nNothing.', 'a walk has text without a snippet: A'],
    ['a piece that is not there', `${receive}\n\nX. {at="gone()"}`, '"gone()" is in 0 of the lines'],
    ['a piece that is there twice', `${receive}\n\nX. {at="trace"}`, '"trace" is in 2 of the lines'],
    ['a piece that is read as HTML', `${receive}\n\nX. {at="A<T>"}`, 'not understood: X. {at="A'],
  ])('fails on %s', async (_, markdown, problem) => {
    await expect(render(`::: walk\n\n${markdown}\n\n:::`)).rejects.toThrow(problem)
  })

  test.each(pages().filter((page) => page.startsWith('docs/steps/')))(
    '%s can be walked through',
    async (page) => expect(opened(await render(textOf(page), page)).length).toBeGreaterThan(1),
  )
})

describe('the block of a line', () => {
  const text = [
    'class A {',
    '  // why',
    '  run() {',
    '    try {',
    '      go()',
    '',
    '    } catch {',
    '      stop()',
    '    }',
    '  }',
    '',
    '  rest()',
    '}',
  ].join('\n')
  const all = { first: 1, last: 13 }

  test.each([
    ['run()', 2, 10],
    ['try', 4, 9],
    ['go()', 5, 5],
    ['rest()', 12, 12],
    ['class', 1, 13],
  ])('%s', (piece, first, last) => expect(blockOf(text, all, piece)).toEqual({ first, last }))

  test('stays within its region', () => {
    expect(blockOf(text, { first: 3, last: 8 }, 'run()')).toEqual({ first: 3, last: 8 })
    expect(() => blockOf(text, { first: 3, last: 8 }, 'rest()')).toThrow('in 0 of the lines 3 to 8')
  })
})

describe('the compiler', () => {
  const file = 'steps/05-gather/src/gather.ts'
  const whole = { first: 1, last: 1000 }

  test('tells the type of a name, where it stands', () => {
    const text = "import { gather } from './gather.ts'\nexport const all = gather([1], async () => 'x')\n"
    expect(typesOf('steps/05-gather/src/made-up.ts', ['all'], whole, text)).toEqual([
      { name: 'all', line: 1, character: 13, type: 'const all: Promise<string[]>' },
    ])
  })

  test('fails on code that is wrong', () => {
    const wrong = `${textOf(file)}\nconst wrong: string = 1\n`
    expect(() => typesOf(file, ['queue'], whole, wrong)).toThrow("Type 'number' is not assignable")
  })

  test('fails on a name that is not there, or elsewhere', () => {
    expect(() => typesOf(file, ['cue'], whole)).toThrow(`${file}: no cue whose type`)
    expect(() => typesOf(file, ['queue'], { first: 1, last: 3 })).toThrow('no queue')
  })
})

describe('the lines of a file', () => {
  test('keep their numbers where the marks of regions are left out', () => {
    const html = '<pre><code><span class="line">a</span>\n<span class="line"></span>\n<span class="line">  <i>b</i></span></code></pre>'
    expect(linesOf('a\n// #region x\n  b\n', html)).toEqual([
      { number: 1, indent: 0, html: 'a' },
      { number: 3, indent: 2, html: '  <i>b</i>' },
    ])
  })

  test('must be as many as the highlighter made', () => {
    expect(() => linesOf('a\nb', '<code>a</code>')).toThrow('2 lines of source have become 1')
  })
})

describe('the sheet is scrolled', () => {
  const view = { top: 100, height: 300 }
  test.each([
    ['not, when the part can be seen', { top: 150, bottom: 200 }, 100],
    ['so that a part below has a third of the room above it', { top: 600, bottom: 660 }, 520],
    ['so that a part that is too long begins at the top', { top: 600, bottom: 1200 }, 580],
    ['never above the beginning', { top: 10, bottom: 30 }, 0],
  ])('%s', (_, part, top) => expect(scrolledTo(view, part, 20)).toBe(top))
})
