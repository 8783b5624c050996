import { gzipSync } from 'node:zlib'
import { expect } from 'vitest'
import type { Page } from 'playwright-core'
import { byHand } from '../src/site.ts'
import { test } from '../src/test.ts'

/** The scripts that a page asks for, each with its bytes as sent. */
async function scriptsOf(load: (before: (page: Page) => Promise<void>) => Promise<Page>) {
  const sizes: Promise<[string, number]>[] = []
  const page = await load(async (page) => {
    page.on('response', (response) => {
      if (response.request().resourceType() !== 'script') return
      const { pathname } = new URL(response.url())
      sizes.push(response.body().then((body) => [pathname, gzipSync(body).length]))
    })
  })
  await page.waitForLoadState('networkidle')
  return new Map(await Promise.all(sizes))
}

const limit = 150_000

test.for(byHand())('%s loads at most 150 kB of scripts, compressed', async (address, { open }) => {
  const scripts = await scriptsOf((before) => open(address, { before }))
  expect(scripts.size).toBeGreaterThan(1)
  const sum = [...scripts.values()].reduce((sum, bytes) => sum + bytes, 0)
  expect(sum, [...scripts].map(([name, bytes]) => `${bytes} ${name}`).join('\n')).toBeLessThan(limit)
})
