import type { MarkdownRenderer } from 'vitepress'
import { placeOf } from './captions.ts'
import { blockOf, textOf } from './source.ts'
import type { Lines } from './source.ts'

type Rule = NonNullable<MarkdownRenderer['renderer']['rules'][string]>
type Token = Parameters<Rule>[0][number]

/** The name of the container, `::: walk`. It has no title. */
export const walkContainer = { walk: '' }

/**
 * Code beside its text. In a `::: walk` each snippet begins a step, together with the heading
 * above it, and the step goes on to the next. What the reader has at the right in each step is
 * written into the page: the file (`data-file`) and its lines (`data-lines`).
 *
 * A paragraph or list item that ends in `{at="piece of code"}` speaks of less than its whole
 * snippet: of the one line that holds this piece, and the block which that line opens.
 *
 * @throws Error while rendering, when a walk has text without a snippet, or a piece of code is not
 * in exactly one line of its snippet, or not understood
 */
export function walk(md: MarkdownRenderer): void {
  md.core.ruler.push('walk', (state) => {
    const element = (tag: string, nesting: 1 | -1) =>
      Object.assign(new state.Token(`walk_${tag}`, tag, nesting), { block: true })
    state.tokens = inWalks(state.tokens, (blocks) =>
      stepsOf(blocks).flatMap((step, index) => {
        const open = element('section', 1)
        open.attrSet('data-step', String(index + 1))
        const place = placeIn(step)
        open.attrSet('data-file', place.file)
        open.attrSet('data-lines', write(place.lines))
        point(step.flat(), place)
        return [open, ...step.flat(), element('section', -1)]
      }),
    )
  })
  md.renderer.rules['container_walk_open'] = () => '<div class="walk beside"><div class="walk-text">\n'
  md.renderer.rules['container_walk_close'] = () => '</div><WalkPanel /></div>\n'
}

/** Replaces what stands in each walk. A block is the run of tokens from an opening to its close. */
function inWalks(tokens: Token[], replaced: (blocks: Token[][]) => Token[]): Token[] {
  const start = tokens.findIndex(({ type }) => type === 'container_walk_open')
  if (start < 0) return tokens
  const blocks: Token[][] = []
  let depth = 0
  let next = start + 1
  for (; depth > 0 || tokens[next]?.type !== 'container_walk_close'; next++) {
    const token = tokens[next]!
    if (depth === 0) blocks.push([])
    blocks.at(-1)!.push(token)
    depth += token.nesting
  }
  const before = tokens.slice(0, start + 1)
  return [...before, ...replaced(blocks), tokens[next]!, ...inWalks(tokens.slice(next + 1), replaced)]
}

/** Deals blocks out to steps: a heading or a snippet begins one, unless there is no snippet yet. */
function stepsOf(blocks: Token[][]): Token[][][] {
  const steps: Token[][][] = [[]]
  for (const block of blocks) {
    const begins = block[0]!.type === 'heading_open' || isSnippet(block)
    if (begins && steps.at(-1)!.some(isSnippet)) steps.push([])
    steps.at(-1)!.push(block)
  }
  return steps
}

function isSnippet([token]: Token[]): boolean {
  return token !== undefined && placeOf(token)?.lines !== undefined
}

interface Place {
  file: string
  lines: Lines
}

function placeIn(step: Token[][]): Place {
  const snippet = step.find(isSnippet)
  if (!snippet) {
    const words = step.flat().find(({ type }) => type === 'inline')?.content
    throw new Error(`a walk has text without a snippet: ${words ?? 'it is empty'}`)
  }
  return placeOf(snippet[0]!) as Place
}

/** Turns `at` into the lines that it means. */
function point(tokens: Token[], { file, lines }: Place): void {
  for (const token of tokens) {
    // Where Markdown has read something else in it, it is no attribute but text.
    const left = token.children?.find(({ content }) => content.includes('{at='))
    if (left) throw new Error(`${file}: not understood: ${left.content}`)
    const at = token.attrs?.findIndex(([name]) => name === 'at') ?? -1
    if (at < 0) continue
    const piece = token.attrs![at]![1]
    try {
      token.attrs![at] = ['data-lines', write(blockOf(textOf(file), lines, piece))]
    } catch (error) {
      throw new Error(`${file}: ${(error as Error).message}`, { cause: error })
    }
  }
}

const write = ({ first, last }: Lines) => `${first}-${last}`
