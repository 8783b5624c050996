import { describe, expect } from 'vitest'
import { excess, scheme, violations } from '../src/axe.ts'
import { addresses, byHand } from '../src/site.ts'
import { hydrated, narrow, test, wide } from '../src/test.ts'

const full = [
  ...byHand(),
  '/api/',
  '/api/@rpc-steps/wire.html',
  '/source/shared/wire/src/framer.ts.html',
]

describe.concurrent('looked at in full, as a reader with a wide and with a narrow screen', () => {
  for (const [size, viewport] of Object.entries({ wide, narrow })) {
    test.for(full)(`%s, ${size}`, async (address, { open }) => {
      const page = await open(address, { viewport })
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
    test(`each page made from the source, ${half + 1} of 2`, { timeout }, async ({ open }) => {
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
