import type { MarkdownEnv, MarkdownRenderer } from 'vitepress'
import { withPlaces, withTerms } from './annotate.ts'
import { coursePages, glossaryTerms } from './course.ts'

/**
 * What the pages may write besides Markdown:
 *
 * - a fence `sketch` is a picture made of characters; behind the word it says what there is to see,
 *   for those who do not see it
 * - `<dfn>term</dfn>` is the place where the course says what a term of the glossary means
 */
export function words(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence!
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const { info, content } = tokens[index]!
    const [, alternative] = /^sketch (.+)$/.exec(info) ?? []
    if (alternative === undefined) return fence(tokens, index, options, env, self)
    const { escapeHtml } = md.utils
    const label = escapeHtml(alternative)
    return `<pre class="sketch" role="img" aria-label="${label}" v-pre>${escapeHtml(content)}</pre>\n`
  }

  md.core.ruler.before('normalize', 'terms', (state) => {
    const { relativePath = '' } = state.env as MarkdownEnv
    const pages = coursePages()
    if (relativePath === 'glossary.md') state.src = withPlaces(state.src, pages, glossaryTerms())
    if (pages.some(({ path }) => path === relativePath)) {
      state.src = withTerms(relativePath, state.src, pages, glossaryTerms())
    }
  })
}
