import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { extname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('../../../docs/.vitepress/dist', import.meta.url))

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.png': 'image/png',
}

/**
 * The addresses of all pages of the built site, such as `/steps/NAME.html`, in order.
 *
 * @throws Error when the site is not built
 */
export function addresses(): string[] {
  if (!existsSync(join(dist, 'index.html'))) {
    throw new Error('the site is not built: npm run docs:build')
  }
  return readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.html'))
    .map((name) => `/${name.split(sep).join('/')}`.replace(/\/index\.html$/, '/'))
    .sort()
}

/** The pages that are not made by a program from the source: each has words of its own. */
export function byHand(): string[] {
  return addresses().filter((address) => !/^\/(?:api|source)\//.test(address))
}

/**
 * Of the pages with words of their own, those that are looked at in full: each that has none like it,
 * and of a kind, which is a folder of the site, the fewest that have between them all that there is in any.
 */
export function fullest(): string[] {
  const kinds = new Map<string, Map<string, Set<string>>>()
  for (const address of byHand()) {
    const kind = address.split('/')[1]!
    kinds.set(kind, (kinds.get(kind) ?? new Map<string, Set<string>>()).set(address, partsOf(htmlOf(address))))
  }
  return [...kinds.values()].flatMap(fewest)
}

/** Takes again and again the page that has most of what none before it has. */
export function fewest(pages: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const taken: string[] = []
  const seen = new Set<string>()
  for (;;) {
    const news = [...pages].map(([address, parts]) => ({ address, count: [...parts].filter((part) => !seen.has(part)).length }))
    const most = news.reduce((a, b) => (b.count > a.count ? b : a))
    if (most.count === 0) return taken
    taken.push(most.address)
    for (const part of pages.get(most.address)!) seen.add(part)
  }
}

/** What there is in a page to look at: its elements by their classes, and the colours of its code. */
export function partsOf(html: string): Set<string> {
  const parts = new Set<string>()
  for (const [, tag, attributes = ''] of html.matchAll(/<([a-z][\w-]*)((?:\s+[^\s=>"]+(?:="[^"]*")?)*)/g)) {
    const [, names = ''] = /class="([^"]*)"/.exec(attributes) ?? []
    // VitePress gives each page a class of its own, which begins so.
    for (const name of names.split(/\s+/).filter((name) => !/^_./.test(name))) parts.add(`${tag}.${name}`)
    for (const [colour] of attributes.matchAll(/--shiki-[\w-]+:[^;"]+/g)) parts.add(colour)
  }
  return parts
}

/** What a page is called in the browser's bar. */
export function titleOf(address: string): string {
  return /<title>(.*?)<\/title>/.exec(htmlOf(address))?.[1] ?? ''
}

/** The text of a page. */
export function htmlOf(address: string): string {
  return readFileSync(join(dist, fileOf(address)), 'utf8')
}

/** Whether the site has such a file. */
export function isFile(path: string): boolean {
  const file = join(dist, fileOf(path))
  const inside = !relative(dist, file).startsWith('..')
  return inside && statSync(file, { throwIfNoEntry: false })?.isFile() === true
}

function fileOf(address: string): string {
  return address.endsWith('/') ? `${address}index.html` : address
}

/** The built site as any static host gives it out: files, and no lab. */
export function staticHost(): Promise<Server> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://here').pathname)
    const found = isFile(path)
    const file = found ? fileOf(path) : '404.html'
    response.writeHead(found ? 200 : 404, {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
    })
    response.end(readFileSync(join(dist, file)))
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}
