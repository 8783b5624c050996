import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { expect } from 'vitest'
import type { Page } from 'playwright-core'
import { addresses, byHand } from '../src/site.ts'
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

function weightOf(scripts: ReadonlyMap<string, number>): number {
  return [...scripts.values()].reduce((sum, bytes) => sum + bytes, 0)
}

test.for(byHand())('%s loads at most 150 kB of scripts, compressed', async (address, { open }) => {
  const scripts = await scriptsOf((before) => open(address, { before }))
  expect(scripts.size).toBeGreaterThan(1)
  const list = [...scripts].map(([name, bytes]) => `${bytes} ${name}`).join('\n')
  expect(weightOf(scripts), list).toBeLessThan(limit)
})

test('a page that is too heavy is found out', async ({ open }) => {
  const [name] = addresses().filter((address) => address.startsWith('/steps/'))
  const big = `/* ${randomBytes(160_000).toString('base64')} */`
  const scripts = await scriptsOf((before) =>
    open(name!, {
      before: async (page) => {
        await before(page)
        await page.route('**/assets/app.*.js', async (route) => {
          const answer = await route.fetch()
          await route.fulfill({ response: answer, body: `${await answer.text()}\n${big}` })
        })
      },
    }),
  )
  expect(weightOf(scripts)).toBeGreaterThan(limit)
})
