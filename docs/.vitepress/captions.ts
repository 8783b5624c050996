import { relative, sep } from 'node:path'
import type { MarkdownRenderer } from 'vitepress'
import { listed } from './listed.ts'
import { regionsOf, root, textOf } from './source.ts'
import type { Lines } from './source.ts'

/** Where a snippet stands in the source; `file` is relative to the root, with `/`. */
export interface Place {
  file: string
  /** Absent when the whole file is shown. */
  lines: Lines | undefined
}

/** Where the code of a fence was taken from; undefined when it stands in the page itself. */
export function placeOf(token: { meta?: unknown }): Place | undefined {
  const { src, region } = (token.meta ?? {}) as { src?: string; region?: string }
  if (src === undefined) return undefined
  const file = relative(root, src).split(sep).join('/')
  const lines = region ? regionsOf(textOf(file)).find(({ name }) => name === region) : undefined
  return { file, lines }
}

/** Puts above each snippet the file and lines it was taken from, as a link to the whole file. */
export function captions(md: MarkdownRenderer, base: string): void {
  const fence = md.renderer.rules.fence
  if (!fence) throw new Error('the renderer has no rule for fences')
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const token = tokens[index]!
    const place = placeOf(token)
    if (place) token.info += ` from=${place.file} first=${place.lines?.first ?? 1}`
    const html = fence(tokens, index, options, env, self)
    if (!place || token.info.includes('anchors')) return html
    return `<figure class="snippet"><figcaption>${caption(place, base)}</figcaption>${html}</figure>`
  }
}

function caption({ file, lines }: Place, base: string): string {
  const cut = file.lastIndexOf('/') + 1
  const path = `<span class="folder">${file.slice(0, cut)}</span>${file.slice(cut)}`
  // A page of its own, not one that is put in place: only then does the browser mark the line.
  const title = listed(file)
    ? `<a href="${base}source/${file}.html${lines ? `#L${lines.first}` : ''}" target="_self">${path}</a>`
    : `<span>${path}</span>`
  return lines
    ? `${title}<span class="lines">lines ${lines.first} to ${lines.last}</span>`
    : title
}
