import type { MarkdownEnv, MarkdownRenderer } from 'vitepress'
import { keySheet, questionSheet } from './exam.ts'
import { withParts } from './page.ts'

/**
 * What the pages for teachers may write besides Markdown: `<!-- teaching: NAME -->` is something computed,
 * and `<!-- questions -->` and `<!-- keys -->` are the two sheets of the exam.
 */
export function teaching(md: MarkdownRenderer): void {
  md.core.ruler.before('normalize', 'teaching', (state) => {
    const { relativePath = '' } = state.env as MarkdownEnv
    if (relativePath === 'teaching.md') state.src = withParts(state.src)
    if (relativePath === 'exam.md') {
      state.src = state.src.replace('<!-- questions -->', questionSheet).replace('<!-- keys -->', keySheet)
    }
  })
}
