import type { AddressInfo } from 'node:net'
import { launch } from './src/browser.ts'
import { hydrated, narrow, wide } from './src/page.ts'
import { staticHost } from './src/site.ts'
const server = await staticHost()
const browser = await launch()
const { port } = server.address() as AddressInfo
for (const [size, viewport] of Object.entries({ wide, narrow }))
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ viewport, colorScheme, reducedMotion: 'reduce' })
    await page.goto(`http://127.0.0.1:${port}/steps/06-task-queue.html`)
    await hydrated(page)
    await page.waitForLoadState('networkidle')
    for (const [name, sel] of [['sketch', '.sketch'], ['t1', 'figure.timeline, .timeline, figure:has(svg.picture)'], ['curve', 'figure.waiting']]) {
      const all = page.locator(sel!)
      const n = await all.count()
      for (let i = 0; i < Math.min(n, 3); i++) await all.nth(i).screenshot({ path: `/tmp/queue-shots/x-${name}-${i}-${size}-${colorScheme}.png` }).catch((e: Error) => console.log(name, i, e.message.slice(0, 100)))
      console.log(size, colorScheme, name, n, await page.evaluate('document.documentElement.scrollWidth'))
    }
    await page.close()
  }
await browser.close(); server.close()
