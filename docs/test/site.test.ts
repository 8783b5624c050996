import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { steps } from '../.vitepress/course.ts'
import { root } from '../.vitepress/source.ts'

const dist = join(root, 'docs/.vitepress/dist')
const browserPath = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
].find((path) => path && existsSync(path))

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

function serve(): Promise<Server> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://here').pathname)
    const file = join(dist, path.endsWith('/') ? `${path}index.html` : path)
    const found = existsSync(file)
    response.writeHead(found ? 200 : 404, { 'content-type': types[extname(file)] ?? 'text/plain' })
    response.end(readFileSync(found ? file : join(dist, '404.html')))
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

const noBrowser = 'no Chromium was found: install it, or set CHROMIUM to its path'
test.runIf(process.env['CI'])('in CI there is a browser', () => {
  expect(browserPath, noBrowser).toBeDefined()
})

// The build is made before this runs.
const title = `the built site in a browser${browserPath ? '' : ` (skipped: ${noBrowser})`}`
describe.skipIf(!browserPath)(title, () => {
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  const pages = [
    '/',
    '/start.html',
    '/service.html',
    '/wire.html',
    '/glossary.html',
    '/about.html',
    '/nowhere.html',
    '/api/index.html',
    '/api/@rpc-steps/wire.html',
    '/source/shared/wire/src/framer.ts.html',
    ...steps.map(({ folder }) => `/steps/${folder}.html`),
  ]
  let server: Server
  let browser: Browser
  let here: string
  const views: Page[] = []

  beforeAll(async () => {
    server = await serve()
    here = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    browser = await chromium.launch({ executablePath: browserPath!, args: ['--no-sandbox'] })
    for (const [colorScheme, width] of [
      ['light', 1280],
      ['dark', 390],
    ] as const) {
      const viewport = { width, height: 800 }
      views.push(await browser.newPage({ colorScheme, viewport, reducedMotion: 'reduce' }))
    }
  })

  afterAll(async () => {
    await browser?.close()
    server?.close()
  })

  /** Opens a page and says what is wrong with it. */
  async function problemsOf(page: Page, path: string): Promise<string[]> {
    const problems: string[] = []
    page.removeAllListeners()
    page.on('pageerror', (error) => problems.push(`throws ${error.message}`))
    page.on('console', (message) => {
      const expected = path === '/nowhere.html' && message.text().includes('404')
      if (message.type() === 'error' && !expected) problems.push(`logs ${message.text()}`)
    })
    page.on('request', (request) => {
      const url = request.url()
      if (!url.startsWith(here) && !url.startsWith('data:')) problems.push(`asks ${url}`)
    })
    await page.goto(here + path)
    // Vue marks the element that it has taken over from the server's markup.
    await page.waitForFunction('"__vue_app__" in document.querySelector("#app")')
    const beyond = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    if (Number(beyond) > 0) problems.push(`is ${Number(beyond)} px too wide`)
    await page.addScriptTag({ content: axe })
    const violations = await page.evaluate(
      'axe.run().then(({ violations }) => violations.map(v => v.id + ": " + v.nodes.map(n => n.target.join(" ")).join(", ")))',
    )
    return [...problems, ...(violations as string[])]
  }

  test.each(pages)('%s is sound in light and dark, wide and narrow', async (path) => {
    for (const page of views) expect(await problemsOf(page, path)).toEqual([])
  })
})
