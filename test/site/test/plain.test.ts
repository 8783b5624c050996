import { expect } from 'vitest'
import type { Page } from 'playwright-core'
import { steps } from '../../../docs/.vitepress/course.ts'
import { excess, narrow } from '../src/page.ts'
import { byHand } from '../src/site.ts'
import { test } from '../src/test.ts'

const plain = { javaScriptEnabled: false }
const chapters = steps.map(({ folder }) => `/steps/${folder}.html`)
const others = byHand().filter((address) => address !== '/404.html' && !chapters.includes(address))

/** It has its text, and fits. */
async function isReadable(page: Page) {
  await expect(page.getByRole('main').innerText()).resolves.toMatch(/\w[^]{500}/)
  expect(await excess(page), 'pixels too wide').toBeLessThanOrEqual(0)
}

test.for(steps)('chapter $number reads without JavaScript, on a wide and on a narrow screen', async ({ folder, title }, { open }) => {
  const page = await open(`/steps/${folder}.html`, plain)
  const main = page.getByRole('main')
  await expect(main.getByRole('heading', { level: 1 }).innerText()).resolves.toContain(title)
  // Each snippet stands in the text, with its file and its lines.
  const snippets = main.locator('figure.snippet:visible')
  expect(await snippets.count()).toBeGreaterThan(5)
  for (const text of await snippets.locator('pre').allInnerTexts()) expect(text).not.toBe('')
  // The timelines are drawn, and told as lists.
  const timelines = main.locator('figure.timeline')
  expect(await timelines.count()).toBeGreaterThan(0)
  for (const timeline of await timelines.all()) {
    await expect(timeline.locator('svg rect.state').first().isVisible()).resolves.toBe(true)
    await timeline.locator('summary').first().click()
    await expect(timeline.locator('ol li').first().isVisible()).resolves.toBe(true)
  }
  await page.setViewportSize(narrow)
  await isReadable(page)
})

test.for(others)('%s has its text without JavaScript, and fits a narrow screen', async (address, { open }) => {
  await isReadable(await open(address, { ...plain, viewport: narrow }))
})

test('the glossary explains its terms without JavaScript', async ({ open }) => {
  const page = await open('/glossary.html', plain)
  expect(await page.locator('main :is(dt, h2, h3, strong)').count()).toBeGreaterThan(20)
})
