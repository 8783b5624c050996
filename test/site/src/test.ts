import type { AddressInfo } from 'node:net'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { expect, test as plain } from 'vitest'
import { browserPath, launch, noBrowser } from './browser.ts'
import { alive, watch, wide } from './page.ts'
import { staticHost } from './site.ts'

/** What a page is opened with; a light screen of 1280 by 800 without motion when nothing is said. */
export interface View extends BrowserContextOptions {
  /** Runs before the page's own scripts. */
  before?: (page: Page) => Promise<unknown>
  /** The page will do what no page of this site may do; nobody minds. */
  faulty?: boolean
  /** Its scripts will not arrive, or not all of them: nobody waits for the page to come alive. */
  lost?: boolean
}

/** Opens an address, of the static host or of another, in a browser that remembers nothing. */
export type Open = (address: string, given?: View) => Promise<Page>

/**
 * A test with a browser and the built site. Without a browser it is skipped and says why; where
 * `CI` is set it fails. A test also fails when a page that it opened logged an error, threw one,
 * or asked another host.
 */
export const test = plain
  .extend('browser', { scope: 'worker' }, async ({}, { onCleanup }) => {
    if (browserPath === undefined) return undefined
    const browser = await launch()
    onCleanup(() => browser.close())
    return browser
  })
  .extend('host', { scope: 'worker' }, async ({}, { onCleanup }) => {
    const server = await staticHost()
    onCleanup(() => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  .extend('open', async ({ browser, host, skip }, { onCleanup }) => {
    if (browser === undefined) {
      if (process.env['CI']) throw new Error(noBrowser)
      skip(noBrowser)
    }
    const opened: { page: Page; problems: string[] }[] = []
    onCleanup(async () => {
      for (const { page } of opened) await page.context().close()
      expect(opened.flatMap(({ problems }) => problems)).toEqual([])
    })
    const open: Open = async (address, given = {}) => {
      const { before, lost = false, faulty = lost, ...view } = given
      const page = await browser!.newPage({ viewport: wide, reducedMotion: 'reduce', ...view })
      const url = new URL(address, host)
      page.setDefaultTimeout(30_000)
      opened.push({ page, problems: faulty ? [] : watch(page, url.origin) })
      await before?.(page)
      await page.goto(url.href, { waitUntil: lost ? 'commit' : 'load' })
      if (view.javaScriptEnabled !== false && !lost) await alive(page)
      return page
    }
    return open
  })
