/** How a document is built, as far as one can tell from its text. */
export interface Structure {
  ids: string[]
  /** Links to the same site: path and hash, resolved against the address of the document. */
  links: string[]
  faults: string[]
}

/** Reads one document. It is passed to the browser as it is, so it may use nothing from outside. */
export function structureOf({ address, html }: { address: string; html: string }): Structure {
  const document = new DOMParser().parseFromString(html, 'text/html')
  const all = (selector: string) => [...document.querySelectorAll(selector)]
  const faults: string[] = []

  const ids = all('[id]').map(({ id }) => id)
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) {
    faults.push(`two elements have the id ${id}`)
  }

  const headings = all(':is(h1, h2, h3, h4, h5, h6):is(main *)')
  if (headings.filter(({ tagName }) => tagName === 'H1').length !== 1) faults.push('not one h1')
  let above = 0
  for (const heading of headings) {
    const level = Number(heading.tagName[1])
    if (level > above + 1) faults.push(`${heading.tagName} "${heading.textContent}" skips a level`)
    above = level
  }

  for (const picture of all('img, svg')) {
    const named =
      picture.closest('[aria-hidden="true"]') ||
      picture.hasAttribute('alt') ||
      (picture.getAttribute('role') === 'img' &&
        (picture.hasAttribute('aria-label') || picture.hasAttribute('aria-labelledby')))
    const nested = picture.parentElement?.closest('svg')
    if (!named && !nested) faults.push(`${picture.outerHTML.slice(0, 80)} has no name`)
  }

  const here = `http://site${address}`
  const links = all('a[href]')
    .map((link) => new URL(link.getAttribute('href')!, here))
    .filter(({ origin }) => origin === 'http://site')
    .map(({ pathname, hash }) => decodeURIComponent(pathname + hash))
  return { ids, links: [...new Set(links)], faults }
}

/** The links that lead to no page, or to no element of it. `pages` is keyed by address. */
export function deadLinks(pages: ReadonlyMap<string, Structure>, files: (path: string) => boolean) {
  return [...pages].flatMap(([address, { links }]) =>
    links.flatMap((link) => {
      const [path = '', id] = link.split('#')
      const target = pages.get(path.replace(/\/index\.html$/, '/'))
      if (!target) return files(path) ? [] : [`${address}: there is no ${path}`]
      if (!id || target.ids.includes(id)) return []
      return [`${address}: ${path} has no element ${id}`]
    }),
  )
}
