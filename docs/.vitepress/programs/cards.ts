import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { main, readOptions } from '@rpc-steps/cli'
import { launch } from '../../../test/site/src/browser.ts'
import { cardFolder, cardPages, digest } from '../cards.ts'
import { root } from '../source.ts'

const usage = `npm run cards:record -w docs

Makes the pictures that stand for the pages where somebody links to them, from the recorded
traces: card.png beside the page of a step, and in card.txt what it was made from.`

await main(async () => {
  readOptions(usage, {})
  const browser = await launch()
  for (const [name, html] of cardPages()) {
    const folder = join(root, cardFolder(name))
    const page = await browser.newPage({ viewport: { width: 1200, height: 630 } })
    await page.setContent(html)
    await writeFile(join(folder, 'card.png'), await page.screenshot())
    await writeFile(join(folder, 'card.txt'), `${digest(html)}\n`)
  }
  await browser.close()
})
