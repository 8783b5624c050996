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

/** The pages that are not made by a program from the source: each is looked at in full. */
export function byHand(): string[] {
  return addresses().filter((address) => !/^\/(?:api|source)\//.test(address))
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
