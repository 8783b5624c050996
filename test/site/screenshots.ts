import { mkdirSync, mkdtempSync } from 'node:fs'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { main, readCommandLine, textOption } from '@rpc-steps/cli'
import { launch } from './src/browser.ts'
import { hydrated, narrow, wide } from './src/page.ts'
import { byHand, staticHost } from './src/site.ts'

const usage = `npm run screenshots -w test/site -- [options] [PAGE ...]

Pictures of the built site: each page wide and narrow, light and dark, from top to bottom. A page
is given by a part of its address, such as model.`

await main(async () => {
  const { values, words } = readCommandLine(usage, {
    folder: textOption('FOLDER', 'where the pictures go; a new one is made otherwise', undefined),
  })
  const folder = values.folder
    ? resolve(process.env['INIT_CWD'] ?? '.', values.folder)
    : mkdtempSync(join(tmpdir(), 'screenshots-'))
  mkdirSync(folder, { recursive: true })
  const wanted = byHand().filter((page) => words.length === 0 || words.some((w) => page.includes(w)))

  const server = await staticHost()
  const browser = await launch()
  try {
    const { port } = server.address() as AddressInfo
    for (const [size, viewport] of Object.entries({ wide, narrow })) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await browser.newPage({ viewport, colorScheme, reducedMotion: 'reduce' })
        for (const address of wanted) {
          await page.goto(`http://127.0.0.1:${port}${address}`)
          await hydrated(page)
          await page.waitForLoadState('networkidle')
          const name = address.slice(1).replace(/\.html$/, '').replaceAll('/', '-') || 'home'
          const path = join(folder, `${name}-${size}-${colorScheme}.png`)
          await page.screenshot({ path, fullPage: true })
          console.log(path)
        }
        await page.close()
      }
    }
  } finally {
    await browser.close()
    server.close()
    await once(server, 'close')
  }
})
