// node --import tsx test/site/.shot.ts OUT PATH SELECTOR[,...]
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { launch } from './src/browser.ts'
import { hydrated, narrow, wide } from './src/page.ts'
import { staticHost } from './src/site.ts'
const [out, path, selector, only] = process.argv.slice(2)
const server = await staticHost()
const browser = await launch()
const { port } = server.address() as AddressInfo
for (const [size, viewport] of Object.entries({ wide: {width:1280,height:900}, narrow: {width:390,height:844} })) for (const colorScheme of ['light','dark'] as const) {
  if (only && !only.split(',').includes(`${size}-${colorScheme}`)) continue
  const page = await browser.newPage({ viewport, colorScheme, reducedMotion: 'reduce' })
  await page.goto(`http://127.0.0.1:${port}${path}`)
  await hydrated(page)
  await page.waitForLoadState('networkidle')
  const el = page.locator(selector!).first()
  await el.scrollIntoViewIfNeeded()
  await page.waitForTimeout(700)
  await el.screenshot({ path: `${out}-${size}-${colorScheme}.png` })
  await page.close()
}
await browser.close(); server.close()
