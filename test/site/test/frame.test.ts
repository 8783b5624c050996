import { describe } from 'vitest'
import type { Page } from 'playwright-core'
import { steps } from '../../../docs/.vitepress/course.ts'
import { hydrated, narrow } from '../src/page.ts'
import { test } from '../src/test.ts'

const isDark = (page: Page) =>
  page.evaluate(() => document.documentElement.classList.contains('dark'))

/** The colours that the browser is told to give its own bar. */
const barsOf = (page: Page) =>
  page.evaluate(() => {
    const metas = document.querySelectorAll<HTMLMetaElement>('meta[name=theme-color]')
    return [...new Set([...metas].map(({ content }) => content))]
  })

const paperOf = (page: Page) =>
  page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--paper'))

describe.concurrent('the frame of the site', () => {
  test('is searched by the keyboard alone', async ({ open, expect }) => {
    const page = await open('/')
    await page.keyboard.press('/')
    const search = page.getByRole('searchbox')
    await search.waitFor()
    await search.fill('EAGAIN')
    const chosen = page.getByRole('option', { selected: true }).locator('a')
    const first = (await chosen.getAttribute('href'))!
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => chosen.getAttribute('href')).not.toBe(first)
    const second = (await chosen.getAttribute('href'))!
    await page.keyboard.press('Enter')
    await page.waitForURL(new URL(second, page.url()).href)
    await page.getByRole('heading', { level: 1 }).waitFor()
  })

  test('closes the search with Escape', async ({ open }) => {
    const page = await open('/about.html')
    await page.keyboard.press('Control+k')
    const search = page.getByRole('searchbox')
    await search.waitFor()
    await page.keyboard.press('Escape')
    await search.waitFor({ state: 'detached' })
  })

  test('turns dark by the keyboard, and stays so', async ({ open, expect }) => {
    const page = await open('/about.html')
    expect(await isDark(page)).toBe(false)
    await page.locator('.VPNavBarAppearance').getByRole('switch').focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => isDark(page)).toBe(true)
    await expect.poll(() => barsOf(page)).toEqual([await paperOf(page)])
    await page.reload()
    await hydrated(page)
    expect(await isDark(page)).toBe(true)
    expect(await barsOf(page)).toEqual([await paperOf(page)])
  })

  test('opens its menus on a narrow screen by the keyboard', async ({ open }) => {
    const page = await open('/steps/02-callbacks.html', { viewport: narrow })
    await page.locator('.VPNavBarHamburger').focus()
    await page.keyboard.press('Enter')
    await page.locator('.VPNavScreen').getByRole('link', { name: 'The model' }).waitFor()
    await page.locator('.VPNavBarHamburger').press('Enter')
    await page.locator('.VPNavScreen').waitFor({ state: 'hidden' })
    const chapters = page.locator('.VPSidebar').getByRole('link', { name: steps[4]!.title })
    await chapters.waitFor({ state: 'hidden' })
    await page.locator('.VPLocalNav .menu').press('Enter')
    await chapters.waitFor({ state: 'visible' })
    await chapters.focus()
    await page.keyboard.press('Enter')
    await page.waitForURL('**/steps/05-gather.html')
    await chapters.waitFor({ state: 'hidden' })
  })

  test('leads past the menus to the text', async ({ open, expect }) => {
    const page = await open('/steps/02-callbacks.html')
    await page.keyboard.press('Tab')
    const skip = page.getByRole('link', { name: 'Skip to content' })
    await expect(skip.evaluate((link) => link === document.activeElement)).resolves.toBe(true)
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    const inside = await page.evaluate(() => document.activeElement?.closest('main, .content'))
    expect(inside).not.toBeNull()
  })

  test('prints the text alone', async ({ open, expect }) => {
    const page = await open('/steps/02-callbacks.html')
    await page.emulateMedia({ media: 'print' })
    for (const part of ['.VPNav', '.VPSidebar', '.VPLocalNav']) {
      await page.locator(part).waitFor({ state: 'hidden' })
    }
    for (const snippet of await page.locator('figure.snippet').all()) {
      await expect(snippet.isVisible()).resolves.toBe(true)
    }
    await expect(page.getByRole('heading', { level: 1 }).isVisible()).resolves.toBe(true)
  })
})
