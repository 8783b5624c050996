import { readFileSync } from 'node:fs'
import { relative, sep } from 'node:path'
import type { MarkdownOptions, MarkdownRenderer } from 'vitepress'
import { isMarker, root } from './source.ts'

type Transformer = NonNullable<MarkdownOptions['codeTransformers']>[number]

/**
 * Numbers the lines of a fence that says `anchors`, so that each can be linked to, and leaves out
 * those that only mark regions. The others keep their numbers.
 */
export const lineAnchors: Transformer = {
  name: 'line-anchors',
  line(node, line) {
    if (!this.options.meta?.__raw?.includes('anchors')) return
    node.properties['id'] = `L${line}`
    node.properties['data-line'] = line
  },
  // Not before: whatever decorates the code counts on all its lines.
  pre() {
    if (!this.options.meta?.__raw?.includes('anchors')) return
    const source = this.source.split(/\r?\n/)
    // Between two lines stands a line break, so line n is child 2n.
    this.code.children = this.code.children.filter((_, i) => !isMarker(source[i >> 1] ?? ''))
  },
}

/** One line of a source file as the page shows it. */
export interface Line {
  /** Its number in the file, from 1. Lines that only mark regions are left out. */
  number: number
  /** Spaces at its beginning; what wraps goes a little further in. */
  indent: number
  html: string
}

/**
 * Lets the theme import a source file as its highlighted lines: `import('.../client.ts?lines')`.
 * Each file becomes a small script of its own, which a page loads only when it shows the file.
 */
export function sourceLines() {
  let renderer: MarkdownRenderer | undefined
  return {
    /** Takes the renderer of the pages, so that the same inks are used everywhere. */
    use(md: MarkdownRenderer): void {
      renderer = md
    },
    plugin: {
      name: 'source-lines',
      enforce: 'pre' as const,
      async load(id: string) {
        if (!id.endsWith('?lines')) return undefined
        if (!renderer) throw new Error('the renderer of the pages is not there yet')
        const path = id.slice(0, -'?lines'.length)
        const text = readFileSync(path, 'utf8')
        const from = relative(root, path).split(sep).join('/')
        const fence = '~'.repeat(8)
        const html = await renderer.renderAsync(
          `${fence}ts from=${from} first=1\n${text}\n${fence}`,
        )
        return `export default ${JSON.stringify(linesOf(text, html))}`
      },
    },
  }
}

/**
 * Cuts what the highlighter made of a text into lines.
 *
 * @throws Error when it has not as many lines as the text
 */
export function linesOf(text: string, html: string): Line[] {
  const source = text.trimEnd().split(/\r?\n/)
  const code = /<code[^>]*>(.*)<\/code>/s.exec(html)?.[1]?.split('\n') ?? []
  if (code.length !== source.length) {
    throw new Error(`${source.length} lines of source have become ${code.length}`)
  }
  return source.flatMap((line, index) =>
    isMarker(line)
      ? []
      : [{ number: index + 1, indent: line.search(/\S|$/), html: inner(code[index]!) }],
  )
}

const inner = (line: string) => line.replace(/^<span class="line[^>]*>(.*)<\/span>$/, '$1')
