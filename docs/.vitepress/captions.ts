import { relative, sep } from 'node:path'
import type { MarkdownRenderer } from 'vitepress'
import { regionsOf, root, textOf } from './source.ts'

interface SnippetMeta {
  src?: string
  region?: string
}

/** Puts above each snippet the file and lines it was taken from, as a link to the whole file. */
export function captions(md: MarkdownRenderer, base: string): void {
  const fence = md.renderer.rules.fence
  if (!fence) throw new Error('the renderer has no rule for fences')
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const html = fence(tokens, index, options, env, self)
    const { src, region } = (tokens[index]?.meta ?? {}) as SnippetMeta
    if (src === undefined || tokens[index]?.info.includes('anchors')) return html
    const file = relative(root, src).split(sep).join('/')
    const lines = region ? regionsOf(textOf(file)).find(({ name }) => name === region) : undefined
    const place = lines ? `<span class="lines">lines ${lines.first} to ${lines.last}</span>` : ''
    const title = listed(file)
      ? `<a href="${base}source/${file}.html${lines ? `#L${lines.first}` : ''}">${file}</a>`
      : `<span>${file}</span>`
    return `<figure class="snippet"><figcaption>${title}${place}</figcaption>${html}</figure>`
  }
}

/** Whether the site has a page with the whole file. */
export function listed(file: string): boolean {
  return (
    /^(?:shared|steps)\/[^/]+\/(?:src\/.+|[\w-]+)\.m?ts$/.test(file) && !file.endsWith('.config.ts')
  )
}
