import type { MarkdownEnv, MarkdownRenderer } from 'vitepress'
import { withPlaces, withTerms } from './annotate.ts'
import { coursePages, glossaryTerms, inCourse } from './course.ts'
import { numbersPage } from './page.ts'
import { drawn } from './sketch.ts'

/**
 * What the pages may write besides Markdown:
 *
 * - a fence `sketch` is drawn in the shapes of the timelines (sketch.ts); behind the word it says
 *   what there is to see, for those who do not see it
 * - `<dfn>term</dfn>` is the place where the course says what a term of the glossary means
 * - `<!-- numbers -->` is the tables of the page of numbers
 */
export function words(md: MarkdownRenderer, base: string): void {
  const fence = md.renderer.rules.fence!
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const { info, content } = tokens[index]!
    const [, alternative] = /^sketch (.+)$/.exec(info) ?? []
    if (alternative === undefined) return fence(tokens, index, options, env, self)
    return `${drawn(content, alternative)}\n`
  }

  md.core.ruler.before('normalize', 'terms', (state) => {
    const { relativePath = '' } = state.env as MarkdownEnv
    if (relativePath === 'numbers.md') {
      state.src = state.src.replace('<!-- numbers -->', () => numbersPage(base))
    }
    if (relativePath === 'glossary.md') {
      state.src = withPlaces(state.src, coursePages(), glossaryTerms())
    }
    if (inCourse(relativePath)) {
      state.src = withTerms(relativePath, state.src, coursePages(), glossaryTerms())
    }
  })
}
