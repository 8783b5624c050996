import { mkdir, writeFile } from 'node:fs/promises'
import { main, readOptions } from '@rpc-steps/cli'
import { launch } from '../test/site/src/browser.ts'
import { cardPages, digest } from './.vitepress/cards.ts'

const usage = `npm run cards:record -w docs

Makes the pictures that stand for the pages where somebody links to them, from the recorded
traces, and notes in cards.json what each was made from.`

const folder = new URL('public/cards/', import.meta.url)

await main(async () => {
  readOptions(usage, {})
  await mkdir(folder, { recursive: true })
  const browser = await launch()
  const pages = cardPages()
  for (const [name, html] of pages) {
    const page = await browser.newPage({ viewport: { width: 1200, height: 630 } })
    await page.setContent(html)
    await writeFile(new URL(`${name}.png`, folder), await page.screenshot())
  }
  await browser.close()
  const digests = Object.fromEntries([...pages].map(([name, html]) => [name, digest(html)]))
  await writeFile(new URL('cards.json', import.meta.url), `${JSON.stringify(digests, null, 2)}\n`)
})
