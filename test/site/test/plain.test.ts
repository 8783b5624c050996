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

/** What one sees of the code and the timelines. It is passed to the browser as it is. */
function look() {
  const all = <E extends HTMLElement>(selector: string) => [...document.querySelectorAll<E>(`main ${selector}`)]
  const seen = (element: Element | null) => element?.checkVisibility({ visibilityProperty: true }) === true
  return {
    snippets: all('figure.snippet').filter(seen).flatMap((snippet) => [...snippet.querySelectorAll('pre')].map((pre) => pre.innerText)),
    timelines: all('figure.timeline').map((timeline) => {
      timeline.querySelector('summary')?.click()
      return { drawn: seen(timeline.querySelector('svg rect.state')), told: seen(timeline.querySelector('ol li')) }
    }),
  }
}

test.for(steps)('chapter $number reads without JavaScript, on a wide and on a narrow screen', async ({ folder, title }, { open }) => {
  const page = await open(`/steps/${folder}.html`, plain)
  const main = page.getByRole('main')
  await expect(main.getByRole('heading', { level: 1 }).innerText()).resolves.toContain(title)
  const { snippets, timelines } = await page.evaluate(look)
  // Each snippet stands in the text, with its file and its lines.
  expect(snippets.length).toBeGreaterThan(5)
  expect(snippets).not.toContain('')
  // The timelines are drawn, and told as lists.
  expect(timelines.length).toBeGreaterThan(0)
  for (const timeline of timelines) expect(timeline).toEqual({ drawn: true, told: true })
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
