import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

/** Where the browser is on this machine; `undefined` when there is none. */
export const browserPath = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
].find((path) => path && existsSync(path))

/** What to say where there is none. */
export const noBrowser = 'no Chromium was found: install it, or set CHROMIUM to its path'

/**
 * Starts the browser.
 *
 * @throws Error when there is none
 */
export function launch(...options: string[]): Promise<Browser> {
  if (browserPath === undefined) throw new Error(noBrowser)
  // Containers forbid the sandbox, and nothing but this site is opened.
  const args = ['--no-sandbox', ...options]
  return chromium.launch({ executablePath: browserPath, args, timeout: 60_000 })
}
