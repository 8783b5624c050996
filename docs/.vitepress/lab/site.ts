import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, sep } from 'node:path'
import { isOurName } from './guard.ts'
import { createLab } from './lab.ts'
import type { LabOptions } from './lab.ts'

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml; charset=utf-8',
}

/** The file for a path of the site, or undefined when the path leads nowhere or out of `folder`. */
async function fileFor(folder: string, path: string): Promise<string | undefined> {
  let name
  try {
    name = decodeURIComponent(path)
  } catch {
    return undefined
  }
  const file = join(folder, name.endsWith('/') ? `${name}index.html` : name)
  if (!file.startsWith(folder + sep) || name.includes('\0')) return undefined
  const found = async (candidate: string) =>
    (await stat(candidate).catch(() => undefined))?.isFile() ? candidate : undefined
  return (await found(file)) ?? (await found(`${file}.html`))
}

/**
 * A server for the built site in `folder`, with the lab. It listens when you tell it to; the lab
 * is open while that is on a loopback address.
 */
export function siteServer(folder: string, options: Omit<LabOptions, 'bound'> = {}): Server {
  const { base = '/' } = options
  const lab = createLab({ ...options, bound: () => (server.address() as AddressInfo | null)?.address })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const known = isOurName(request.headers.host, request.socket.localPort ?? 0)
    const path = (request.url ?? '/').replace(/[?#].*$/, '')
    const inside = path.startsWith(base) ? `/${path.slice(base.length)}` : undefined
    const found = inside === undefined ? undefined : await fileFor(folder, inside)
    const file = found ?? join(folder, '404.html')
    const type = types[extname(file)] ?? 'application/octet-stream'
    // Files in `assets` are named by what is in them.
    const lasting = found !== undefined && inside?.startsWith('/assets/')
    response.writeHead(found === undefined ? 404 : 200, {
      'content-type': type,
      'cache-control': lasting ? 'max-age=31536000, immutable' : 'no-cache',
      'x-content-type-options': 'nosniff',
    })
    if (request.method === 'HEAD') return void response.end()
    if (extname(file) !== '.html') return void createReadStream(file).pipe(response)
    const offer = known ? lab.offer() : undefined
    const tag = `<meta name="rpc-steps-lab" content="${offer?.replaceAll('"', '&quot;')}">`
    const html = await readFile(file, 'utf8')
    response.end(offer === undefined ? html : html.replace('</head>', () => `${tag}</head>`))
  }

  const server = createServer((request, response) => {
    lab.handle(request, response, () => {
      answer(request, response).catch(() => response.destroy())
    })
  })
  return server
}
