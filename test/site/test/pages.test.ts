import { describe } from 'vitest'
import { violations } from '../src/axe.ts'
import { excess, hydrated, narrow, scheme, wake, watch, wide } from '../src/page.ts'
import { addresses, byHand } from '../src/site.ts'
import { test } from '../src/test.ts'

const full = [
  ...byHand(),
  '/api/',
  '/api/@rpc-steps/wire.html',
  '/source/shared/wire/src/framer.ts.html',
]

describe.concurrent('looked at in full, as a reader with a wide and with a narrow screen', () => {
  for (const [size, viewport] of Object.entries({ wide, narrow })) {
    test.for(full)(`%s, ${size}`, async (address, { open, expect }) => {
      const page = await open(address, { viewport })
      await wake(page)
      expect(await excess(page), 'pixels too wide').toBeLessThanOrEqual(0)
      expect(await violations(page)).toEqual([])
      await scheme(page, 'dark')
      expect(await violations(page, 'color-contrast')).toEqual([])
    })
  }
})

// There are more than a hundred.
const timeout = 180_000
const rest = addresses().filter((address) => !full.includes(address))

describe.concurrent('opens without a fault, and fits a narrow screen:', () => {
  for (const half of [0, 1]) {
    test(`each page made from the source, ${half + 1} of 2`, { timeout }, async ({ open, expect }) => {
      // One page for all of them: the browser need not begin anew each time.
      const page = await open('/about.html', { viewport: narrow, colorScheme: 'dark' })
      for (const address of rest.filter((_, i) => i % 2 === half)) {
        await page.goto(new URL(address, page.url()).href)
        await hydrated(page)
        expect(await excess(page), `pixels by which ${address} is too wide`).toBeLessThanOrEqual(0)
      }
    })
  }
})

test('a page with faults is found out', async ({ open, host, expect }) => {
  const page = await open('/about.html', { viewport: narrow, faulty: true })
  const problems = watch(page, host)
  await page.evaluate(async () => {
    const main = document.querySelector('main')!
    main.insertAdjacentHTML(
      'beforeend',
      `<p style="width: 600px; color: #777; background: #888">pale and wide</p><input />
      <style>.dark .late { color: #333; background: #222 }</style><p class="late">pale at night</p>`,
    )
    console.error('an error')
    console.warn('a warning')
    setTimeout(() => {
      throw new Error('thrown late')
    })
    await fetch('http://127.0.0.1:9/elsewhere').catch(() => {})
  })
  await expect.poll(() => problems).toHaveLength(5)
  expect(problems.sort()).toEqual([
    '/about.html asks http://127.0.0.1:9/elsewhere',
    expect.stringContaining('/about.html logs Failed to load resource'),
    '/about.html logs an error',
    '/about.html throws thrown late',
    '/about.html warns a warning',
  ])
  expect(await excess(page)).toBeGreaterThan(100)
  const rules = (await violations(page)).map((found) => found.split(':')[0])
  expect(new Set(rules)).toEqual(new Set(['color-contrast', 'label']))
  await scheme(page, 'dark')
  expect(await violations(page, 'color-contrast')).toContainEqual(expect.stringContaining('.late'))
})
