import { titleOf } from './course.ts'
import { hide, proseOf } from './prose.ts'
import { definitionsOf, idOf, placeIdOf, usesOf } from './terms.ts'
import type { Definition, Page, Term } from './terms.ts'

/**
 * A page of the course with its terms made into places and links: each definition gets an address,
 * and the first use on each later page leads to the glossary. The words of the first page are too
 * many to be marked, and are known by then.
 *
 * @param text the Markdown, with or without its front matter
 */
export function withTerms(
  path: string,
  text: string,
  pages: readonly Page[],
  terms: readonly Term[],
): string {
  const here = pages.findIndex((page) => page.path === path)
  const linkable = hideLinks(text)
  const links = definitionsOf(pages, terms)
    .filter(({ page }) => 0 < page && page < here)
    .flatMap(({ term }) => usesOf(term, linkable).slice(0, 1).map((use) => ({ term, ...use })))
    .sort((a, b) => b.start - a.start)
  for (const { term, start, end } of links) {
    const title = proseTitle(term.text)
    const link = `[${text.slice(start, end)}](/glossary#${idOf(term)} "${title}"){.term}`
    text = text.slice(0, start) + link + text.slice(end)
  }
  for (const { term, start, end } of definitionsOf([{ path, text }], terms).reverse()) {
    const opened = text.slice(start, end).replace('<dfn>', `<dfn id="${placeIdOf(term)}">`)
    text = text.slice(0, start) + opened + text.slice(end)
  }
  return text
}

/** The glossary with, under each entry, the place where the course defines it. */
export function withPlaces(
  glossary: string,
  pages: readonly Page[],
  terms: readonly Term[],
): string {
  const places = new Map(definitionsOf(pages, terms).map((found) => [found.term.name, found]))
  return glossary.replace(/^## (.+)\n\n(?:.+\n?)+/gm, (entry, name: string) => {
    const found = places.get(name)
    return found ? `${entry.trimEnd()}\n${placeOf(found, pages)}\n` : entry
  })
}

function placeOf({ term, page }: Definition, pages: readonly Page[]): string {
  const { path } = pages[page]!
  const title = titleOf(pages[page]!)
  return `[${title}](/${path.replace(/\.md$/, '')}#${placeIdOf(term)}){.place}`
}

/** What already is a link, a heading of a table or the content of a component can hold no link. */
function hideLinks(text: string): string {
  const prose = proseOf(text)
  const hidden = [
    /\[[^\]]*\]/g,
    /^\|.*\|$/gm,
    /<([A-Z]\w*)[^>]*>[\s\S]*?<\/\1>/g,
    /<dfn>[\s\S]*?<\/dfn>/g,
  ].reduce((all, pattern) => all.replace(pattern, hide), text)
  return prose
    .split('')
    .map((char, i) => (hidden[i] === char ? char : ' '))
    .join('')
}

function proseTitle(text: string): string {
  return text.replace(/[`*]/g, '').replaceAll('"', '&quot;')
}
