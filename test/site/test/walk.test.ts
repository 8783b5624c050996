import { describe } from 'vitest'
import type { Page } from 'playwright-core'
import { steps } from '../../../docs/.vitepress/course.ts'
import { narrow, scrolledTo, wide } from '../src/page.ts'
import { test } from '../src/test.ts'

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

/** What the text speaks of, in the order of the page: the place and where on the page it is. */
function spokenOf(page: Page) {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.walk [data-lines]')].map((element) => {
      const { file } = element.closest<HTMLElement>('[data-file]')!.dataset
      // A step that begins with a paragraph of its own lines is at that paragraph.
      const own = [...element.children].find((child) => !child.querySelector('[data-lines]'))
      const box = (own ?? element).getBoundingClientRect()
      return { place: `${file} ${element.dataset['lines']}`, at: box.top + scrollY }
    }),
  )
}

/** A place in the source that the text speaks of, and where on the page it does. */
interface Spoken {
  place: string
  at: number
}

/**
 * Reads from place to place, with so many milliseconds of patience at each, and says of each what stands in the panel then: the file and the lines in
 * focus, and whether the first of them can be seen. All of it in the browser, since to ask it from outside
 * takes most of the time.
 */
async function walk({ spoken, patience }: { spoken: readonly Spoken[]; patience: number }): Promise<string[]> {
  const frame = () => new Promise(requestAnimationFrame)
  const found: string[] = []
  for (const { place, at } of spoken) {
    // To the line where one reads, a third of the way down.
    scrollTo({ top: at - innerHeight * 0.33 + 4, behavior: 'instant' })
    let now = ''
    for (const late = performance.now() + patience; now !== `${place}, seen` && performance.now() < late; ) {
      await frame()
      const panel = document.querySelector('[aria-label="Source beside the text"]')
      const sheet = panel?.querySelector('.sheet')?.getBoundingClientRect()
      if (!panel || !sheet) continue
      const lines = [...panel.querySelectorAll<HTMLElement>('[data-focus]')]
      const { top, bottom } = lines[0]?.getBoundingClientRect() ?? { top: NaN, bottom: NaN }
      const seen = top >= sheet.top - 1 && bottom <= sheet.bottom + 1
      const text = panel.querySelector<HTMLElement>('.place')!.innerText.replace(/\s+/g, ' ')
      const said = text.replace(/ lines (\d+) to (\d+)$/, ' $1-$2')
      const focus = `${lines[0]?.dataset['line']}-${lines.at(-1)?.dataset['line']}`
      now = `${said}${said.endsWith(` ${focus}`) ? '' : ` but ${focus}`}, ${seen ? 'seen' : 'out of sight'}`
    }
    found.push(now)
  }
  return found
}

describe.concurrent('code beside the text', () => {
  test.for(steps)('follows the reading through step $number', async ({ folder }, { open, expect }) => {
    const page = await open(`/steps/${folder}.html`)
    const spoken = await spokenOf(page)
    expect(spoken.length).toBeGreaterThan(4)
    expect(await page.evaluate(walk, { spoken, patience: 20_000 })).toEqual(spoken.map(({ place }) => `${place}, seen`))
  })

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
