import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/**
 * What axe finds on the page as it stands: each rule, with the elements that break it.
 *
 * @param rules only these; all when left out
 */
export async function violations(page: Page, ...rules: string[]): Promise<string[]> {
  // Colours on their way from one to another have contrasts of their own.
  await page.waitForFunction(() => !document.getAnimations().some((a) => a.playState === 'running'))
  await page.evaluate(source)
  const options = rules.length > 0 ? { runOnly: rules } : {}
  return page.evaluate(async (options) => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') }
    const { violations } = await axe.run(document, options)
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`))
  }, options)
}
