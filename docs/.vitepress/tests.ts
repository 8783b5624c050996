import { posix, relative, sep } from 'node:path'
import type { MarkdownEnv, MarkdownRenderer } from 'vitepress'
import { pages, root, textOf } from './source.ts'

/** A test in a file, by the name that it is given there, and the line of that. */
export interface NamedTest {
  name: string
  line: number
}

/** A link of a page to a test: `[after the reply](../../../steps/NN-NAME/test/FILE.test.ts)`. */
export interface TestLink {
  /** Relative to the root, with `/`. */
  file: string
  /** How the name of the test begins. */
  begins: string
}

/** The tests of a file, in order. */
export function testsIn(text: string): NamedTest[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const [, quote = '', name = ''] = /^\s*(?:test|\w+Test)(?:\.\w+)*(?:<.*>)?(?:\(.*\))?\((['"`])((?:\\.|(?!\1).)+)\1,/.exec(line) ?? []
    return quote === '' ? [] : [{ name: name.replace(/\\(.)/g, '$1'), line: index + 1 }]
  })
}

/**
 * The test that a link means: the one whose name, up to a colon, is what the link says; or the only
 * one that begins so.
 *
 * @throws Error when there is none, or several
 */
export function testOf({ file, begins }: TestLink): NamedTest {
  const found = testsIn(textOf(file)).filter(({ name }) => name.startsWith(begins))
  const exact = found.filter(({ name }) => name.split(':')[0] === begins)
  const [test, ...others] = exact.length > 0 ? exact : found
  if (test && others.length === 0) return test
  throw new Error(`${file} has ${found.length === 0 ? 'no test' : 'several tests'} whose name begins with "${begins}"`)
}

const link = /\[([^\]]+)\]\(([^)\s]+\.test\.ts)\)/g
const fileFrom = (page: string, path: string) => posix.join(posix.dirname(page), path)

/** The links to tests in the Markdown of a page, whose path is relative to the root. */
export function testLinksOf(page: string, markdown: string): TestLink[] {
  return [...markdown.matchAll(link)].map(([, begins = '', path = '']) => ({ file: fileFrom(page, path), begins }))
}

/** The files of tests that some page has a link to. */
export function testsShown(): string[] {
  return [...new Set(pages().flatMap((page) => testLinksOf(page, textOf(page)).map(({ file }) => file)))].sort()
}

/** The same Markdown without these links: they say in words where the test is. */
export function testsInWords(page: string, markdown: string): string {
  return markdown.replace(link, (_, begins: string, path: string) => {
    const file = fileFrom(page, path)
    return `${begins} (${file}, line ${testOf({ file, begins }).line})`
  })
}

/** Leads a link to a test to its line on the page of the file, and says which that is. */
export function testLinks(md: MarkdownRenderer, base: string): void {
  md.core.ruler.after('inline', 'tests', (state) => {
    const { realPath, path: shownAs = '' } = state.env as MarkdownEnv
    // As for snippets: a page that has another address is where its file is.
    const page = relative(root, realPath ?? shownAs).split(sep).join('/')
    for (const { children } of state.tokens) {
      if (!children) continue
      for (let i = 0; i < children.length; i++) {
        const path = children[i]!.type === 'link_open' ? String(children[i]!.attrGet('href')) : ''
        if (!path.endsWith('.test.ts')) continue
        const end = children.findIndex(({ type }, at) => at > i && type === 'link_close')
        const begins = children.slice(i + 1, end).map(({ content }) => content).join('')
        const file = fileFrom(page, path)
        const { name, line } = testOf({ file, begins })
        const html = new state.Token('html_inline', '', 0)
        const escape = md.utils.escapeHtml
        // A page of its own, not one that is put in place: only then does the browser mark the line.
        html.content =
          `<a class="test" href="${base}source/${file}.html#L${line}" target="_self" title="${escape(name)}">${escape(begins)}</a>` +
          ` <span class="test-place">${posix.basename(file)}, line ${line}</span>`
        children.splice(i, end - i + 1, html)
      }
    }
  })
}
