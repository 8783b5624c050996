import { describe } from 'vitest'
import type { Page } from 'playwright-core'
import { violations } from '../src/axe.ts'
import { alive, excess, follow } from '../src/page.ts'
import { titleOf } from '../src/site.ts'
import { test } from '../src/test.ts'

const chapter = '/steps/05-gather.html'

/** The event that the first timeline of the page is at, and what it says on its button. */
function timelineOf(page: Page) {
  const figure = page.locator('figure.timeline').first()
  return {
    figure,
    picture: figure.locator('svg.picture').first(),
    projector: figure.getByRole('button', { name: 'Projector' }),
    at: async () => Number(/event (\d+)/.exec(await figure.locator('p.told').innerText())?.[1] ?? 0),
  }
}
const isLarge = (page: Page) => page.evaluate(() => document.documentElement.classList.contains('projector'))

describe.concurrent('a page that is shown to a room', () => {
  test.for([
    [1280, 720, 'light'],
    [1920, 1080, 'dark'],
  ] as const)('is large on %i by %i, fits, and axe finds nothing', async ([width, height, colorScheme], { open, expect }) => {
    const page = await open(`${chapter}?projector`, { viewport: { width, height }, colorScheme })
    const { figure, picture } = timelineOf(page)
    await page.locator('.VPSidebar').waitFor({ state: 'hidden' })
    expect(await page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize))).toBeGreaterThanOrEqual(width / 60)
    expect(await excess(page)).toBeLessThanOrEqual(0)
    expect(await violations(page)).toEqual([])
    // All of a picture and its buttons are on the screen at once.
    await figure.scrollIntoViewIfNeeded()
    expect((await picture.boundingBox())!.height).toBeLessThan(height * 0.75)
    const letters = await picture.locator('text').first().evaluate((text) => text.getBoundingClientRect().height)
    expect(letters).toBeGreaterThan(height / 50)
  })

  test('has keys for the timeline in the middle, wherever the focus is', async ({ open, expect }) => {
    const page = await open(`${chapter}?projector`, { viewport: { width: 1280, height: 720 } })
    const { figure, at } = timelineOf(page)
    await figure.evaluate((figure) => figure.scrollIntoView({ block: 'center', behavior: 'instant' }))
    for (const [key, event] of [['ArrowRight', 1], ['PageDown', 2], ['ArrowRight', 3], ['PageUp', 2], ['ArrowLeft', 1]] as const) {
      await page.keyboard.press(key)
      await expect.poll(at).toBe(event)
    }
    await page.keyboard.press('Space')
    await figure.getByRole('button', { name: 'Pause', exact: true }).waitFor()
    await page.keyboard.press('Space')
    await figure.getByRole('button', { name: 'Play', exact: true }).waitFor()
    // Behind the last event the presenter's key goes on in the page, as it does where there is no timeline.
    await page.keyboard.press('End')
    const before = await page.evaluate(() => scrollY)
    await page.keyboard.press('PageDown')
    await page.waitForFunction((before) => scrollY > before, before)
  })

  test('stays so from page to page, until somebody presses the button', async ({ open, expect }) => {
    const page = await open(chapter)
    const { projector, figure } = timelineOf(page)
    expect(await isLarge(page)).toBe(false)
    await projector.click()
    await expect.poll(() => isLarge(page)).toBe(true)
    expect(await projector.getAttribute('aria-pressed')).toBe('true')
    await follow(page, '/about.html', titleOf('/about.html'))
    expect(await isLarge(page)).toBe(true)
    await page.reload()
    await alive(page)
    expect(await isLarge(page)).toBe(true)
    await follow(page, chapter, titleOf(chapter))
    await alive(page)
    await figure.scrollIntoViewIfNeeded()
    await projector.click()
    await expect.poll(() => isLarge(page)).toBe(false)
    await page.reload()
    expect(await isLarge(page)).toBe(false)
  })
})

describe.concurrent('the exam', () => {
  test('prints on white, a sheet for each step, no question in two parts, and the keys behind', async ({ open, expect }) => {
    const page = await open('/exam.html', { colorScheme: 'dark' })
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    const styles = await page.evaluate(() => {
      const of = (selector: string) => getComputedStyle(document.querySelector(selector)!)
      const shown = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)].some((part) => part.offsetHeight > 0)
      const asked = of('.asked p')
      return {
        ink: asked.color,
        paper: of('body').backgroundColor,
        question: of('.asked').breakInside,
        sheet: of('.sheet + .sheet').breakBefore,
        keys: of('#keys').breakBefore,
        frame: shown('.VPNav, .VPSidebar, .VPDocFooter, .no-print'),
        name: shown('.name'),
      }
    })
    expect(styles).toEqual({
      ink: 'rgb(0, 0, 0)',
      paper: 'rgb(251, 248, 241)',
      question: 'avoid',
      sheet: 'page',
      keys: 'page',
      frame: false,
      name: true,
    })
  })
})
