import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Which rules are asked; all but the slow one is enough where colours were looked at before. */
const asked = {
  all: {},
  colours: { runOnly: ['color-contrast'] },
  'all but colours': { rules: { 'color-contrast': { enabled: false } } },
}

/** What axe finds on the page as it stands: each rule, with the elements that break it. */
export async function violations(page: Page, rules: keyof typeof asked = 'all'): Promise<string[]> {
  // Colours on their way from one to another have contrasts of their own.
  await page.waitForFunction(() => !document.getAnimations().some((a) => a.playState === 'running'))
  await page.evaluate(source)
  return page.evaluate(async (options) => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') }
    const { violations } = await axe.run(document, options)
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`))
  }, asked[rules])
}
