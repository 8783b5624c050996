import { describe } from 'vitest'
import type { Page } from 'playwright-core'
import { narrow, scrolledTo, wide } from '../src/page.ts'
import { test } from '../src/test.ts'
import { spokenOf, walk } from '../src/walk.ts'

const chapter = '/steps/02-callbacks.html'

function panelOf(page: Page) {
  const panel = page.getByRole('complementary', { name: 'Source beside the text' })
  return {
    panel,
    /** What stands in the panel's caption, such as `steps/02-callbacks/src/client.ts 12-40`. */
    place: async () => {
      const text = await panel.first().locator('.place').innerText()
      return text.replace(/\s+/g, ' ').replace(/ lines (\d+) to (\d+)$/, ' $1-$2')
    },
  }
}

describe.concurrent('code beside the text', () => {
  // That it follows the reading is asked where each chapter is looked at: pages.test.ts.
  test('that does not follow is found out', async ({ open, expect }) => {
    const page = await open(chapter)
    const [first] = await spokenOf(page)
    const elsewhere = { place: 'nowhere.ts 1-2', at: first!.at }
    expect(await page.evaluate(walk, { spoken: [elsewhere], patience: 3_000 })).toEqual([`${first!.place}, seen`])
    await page.addStyleTag({ content: '.sheet [data-focus] { position: fixed; top: -999px }' })
    expect(await page.evaluate(walk, { spoken: [first!], patience: 1_000 })).toEqual([`${first!.place}, out of sight`])
  })

  test('lets one look around, and comes back with the reading', async ({ open, expect }) => {
    const page = await open(chapter)
    const { panel, place } = panelOf(page)
    const [first, second] = await spokenOf(page)
    await scrolledTo(page, first!.at - wide.height * 0.33 + 4)
    await expect.poll(place).toBe(first!.place)
    const other = panel.getByRole('button', { pressed: false }).first()
    await other.click()
    await expect.poll(place).not.toContain(first!.place.split(' ')[0])
    await scrolledTo(page, second!.at - wide.height * 0.33 + 4)
    await expect.poll(place).toBe(second!.place)
  })

  test('follows the keyboard to a step that is on the screen', async ({ open, expect }) => {
    const page = await open(chapter)
    const { place } = panelOf(page)
    const [first] = await spokenOf(page)
    await scrolledTo(page, first!.at - wide.height * 0.33 + 4)
    await expect.poll(place).toBe(first!.place)
    const next = page.locator('[data-step]').nth(1)
    const link = next.locator('a:visible').first()
    await link.evaluate((link: HTMLElement) => link.focus({ preventScroll: true }))
    const { file, lines } = await next.evaluate((step: HTMLElement) => ({ ...step.dataset }))
    await expect.poll(place).toBe(`${file} ${lines}`)
  })

  test('opens the whole file at the lines in focus', async ({ open, expect }) => {
    const page = await open(chapter)
    const { panel, place } = panelOf(page)
    const [, spoken] = await spokenOf(page)
    await scrolledTo(page, spoken!.at - wide.height * 0.33 + 4)
    await expect.poll(place).toBe(spoken!.place)
    const [file, lines] = spoken!.place.split(' ')
    await panel.locator('.place a').click()
    await page.waitForURL(`**/source/${file}.html#L${lines!.split('-')[0]}`)
    await page.locator(`[id="L${lines!.split('-')[0]}"]`).waitFor()
  })

  test('stands in the text on a narrow screen, above what speaks of it', async ({ open, expect }) => {
    const page = await open(chapter, { viewport: narrow })
    await panelOf(page).panel.first().waitFor({ state: 'hidden' })
    for (const step of await page.locator('[data-step]').all()) {
      const { y, height } = (await step.locator('figure.snippet').first().boundingBox())!
      expect(height).toBeGreaterThan(20)
      const words = step.locator('figure.snippet ~ p').first()
      expect((await words.boundingBox())!.y).toBeGreaterThanOrEqual(y + height)
    }
  })
})
