import type { MarkdownRenderer } from 'vitepress'
import { compare } from './changes.ts'
import type { Line } from './changes.ts'
import { isMarker, textOf } from './source.ts'

/** The server of a round of the page about the reader's own language, relative to the root. */
export function fileOfRound(round: number): string {
  return `docs/your-language/round${round}.py`
}

/** The lines of the server of a round, without the marks of regions. */
export function textOfRound(round: number): string {
  return textOf(fileOfRound(round)).split('\n').filter((line) => !isMarker(line)).join('\n')
}

/** Of a comparison the lines that differ, and `around` more on either side; a line of dots is for what is left out. */
export function excerpt(lines: readonly Line[], around = 2): string {
  const near = lines.map((_, i) => lines.slice(Math.max(i - around, 0), i + around + 1).some(([mark]) => mark !== ' '))
  const shown = lines.flatMap(([mark, text], i) => {
    if (near[i]) return [`${mark} ${text}`.trimEnd()]
    return near[i - 1] || i === 0 ? ['  …'] : []
  })
  return shown.join('\n')
}

/** Puts what changed in a round into `<Round number="2" />`: the server of the round before against its own. */
export function rounds(md: MarkdownRenderer): void {
  const html = md.renderer.rules.html_inline
  if (!html) throw new Error('the renderer has no rule for HTML')
  md.renderer.rules.html_inline = (tokens, index, options, env, self) =>
    html(tokens, index, options, env, self).replace(/<Round number="(\d+)" \/>/g, (_, number: string) => {
      const round = Number(number)
      const lines = compare(textOfRound(round - 1), textOfRound(round))
      // Not as a part of its page, which would look for places in the page's own text.
      const apart = { ...(env as object), relativePath: undefined }
      return md.render(`\`\`\`diff\n${excerpt(lines)}\n\`\`\``, apart)
    })
}
