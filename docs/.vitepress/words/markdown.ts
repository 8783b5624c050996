import type { MarkdownRenderer } from 'vitepress'

/**
 * What the pages may write besides Markdown:
 *
 * - a fence `sketch` is a picture made of characters; behind the word it says what there is to see,
 *   for those who do not see it
 */
export function words(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence!
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const { info, content } = tokens[index]!
    const [, alternative] = /^sketch (.+)$/.exec(info) ?? []
    if (alternative === undefined) return fence(tokens, index, options, env, self)
    const { escapeHtml } = md.utils
    return `<pre class="sketch" role="img" aria-label="${escapeHtml(alternative)}" v-pre>${escapeHtml(content)}</pre>\n`
  }
}
