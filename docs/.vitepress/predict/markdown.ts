import type { MarkdownRenderer } from 'vitepress'
import { questionOf } from './index.ts'
import type { Asked } from './question.ts'

/**
 * Puts the question into `<Predict id="01-last-answer" />`, with its answer computed. So each page
 * carries its own questions and no others, and a question that does not exist fails the build.
 */
export function predict(md: MarkdownRenderer): void {
  // VitePress takes the tag of a component for inline HTML, also where it stands alone.
  const html = md.renderer.rules.html_inline
  if (!html) throw new Error('the renderer has no rule for HTML')
  md.renderer.rules.html_inline = (tokens, index, options, env, self) =>
    html(tokens, index, options, env, self).replace(/<Predict id="([^"]*)" \/>/g, (_, id: string) => {
      const { text, options, ...rest } = questionOf(id).ask()
      // Inline code comes with a directive for Vue, which does not see this HTML.
      const inline = (markdown: string) => md.renderInline(markdown).replaceAll(' v-pre', '')
      const asked: Asked = {
        ...rest,
        text: inline(text),
        options: options.map((option) => ({
          ...option,
          text: inline(option.text),
          why: inline(option.why),
        })),
      }
      return `<Predict :question='${escape(JSON.stringify(asked))}' />`
    })
}

/** JSON with nothing in it that could end an attribute or begin a tag. */
function escape(json: string): string {
  return json.replace(/['<>&]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
