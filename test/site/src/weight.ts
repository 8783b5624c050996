import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'

/** Bytes of scripts, compressed, that a page may ask for. A further step adds about 700: the names of its pages. */
export const heaviest = 159_000

/** The scripts that a page has asked for. */
export interface Scripts {
  count: number
  /** Bytes, compressed. */
  weight: number
  /** For people. */
  list: string
}

/** Listens from now on to what a page asks for. What it returns waits until the page asks for nothing more. */
export function weighScripts(page: Page): () => Promise<Scripts> {
  const sizes: Promise<[string, number]>[] = []
  page.on('response', (response) => {
    if (response.request().resourceType() !== 'script') return
    const { pathname } = new URL(response.url())
    sizes.push(response.body().then((body) => [pathname, gzipSync(body).length]))
  })
  return async () => {
    await page.waitForLoadState('networkidle')
    const scripts = new Map(await Promise.all(sizes))
    return {
      count: scripts.size,
      weight: [...scripts.values()].reduce((sum, bytes) => sum + bytes, 0),
      list: [...scripts].map(([name, bytes]) => `${bytes} ${name}`).join('\n'),
    }
  }
}
