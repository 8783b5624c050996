import type { Page } from 'playwright-core'
import { describe } from 'vitest'
import { reading, steps, trying } from '../../../docs/.vitepress/course.ts'
import { narrow } from '../src/page.ts'
import { test } from '../src/test.ts'

const first = `/steps/${steps[0]!.folder}.html`

/** The totals as they are shown, with the words of the picture's text alternative beside them. */
async function totals(page: Page) {
  const shown = await page.locator('.five .total').allInnerTexts()
  const told = await page.locator('.five svg[role=img]').evaluateAll((all) =>
    all.map((svg) => /after (.+)$/.exec(svg.getAttribute('aria-label')!)?.[1]),
  )
  return { shown, told }
}

/** Counts how often the five calls begin to play: they may be over before one can look. */
function countPlays(page: Page) {
  return page.addInitScript(() => {
    const counted = Object.assign(window, { plays: 0 })
    let playing = false
    new MutationObserver(() => {
      const now = document.querySelector('figure.five.playing') !== null
      if (now && !playing) counted.plays++
      playing = now
    }).observe(document, { subtree: true, childList: true, attributeFilter: ['class'] })
  })
}

function markOf(page: Page, name: string) {
  return page.locator('.VPSidebar a', { hasText: name })
}

describe.concurrent('the home page', () => {
  test('plays the five calls once, and again when asked', async ({ open, expect }) => {
    const page = await open('/', { reducedMotion: 'no-preference', before: countPlays })
    const figure = page.locator('figure.five')
    const plays = () => page.evaluate(() => (window as unknown as { plays: number }).plays)
    const playing = () => figure.evaluate((element) => element.classList.contains('playing'))
    await expect.poll(plays).toBe(1)
    await expect.poll(playing).toBe(false)
    const { shown, told } = await totals(page)
    expect(shown).toEqual(told)
    expect(shown).toHaveLength(steps.filter(({ part }) => part === 'waiting').length)
    await figure.getByRole('button', { name: 'times slower' }).click()
    await expect.poll(plays).toBe(2)
  })

  test('shows all of it without JavaScript, and where motion is not wanted', async ({ open, expect }) => {
    for (const page of [await open('/', { javaScriptEnabled: false }), await open('/')]) {
      const { shown, told } = await totals(page)
      expect(shown).toEqual(told)
      await expect(page.locator('.five.playing').count()).resolves.toBe(0)
      await expect(page.getByRole('button', { name: 'times slower' }).count()).resolves.toBe(0)
    }
  })

  test('leads to the first step, and later to where one was', async ({ open, expect }) => {
    const page = await open('/')
    const lead = page.getByRole('link', { name: /^(?:Begin|Go on) with step \d$/ })
    await expect.poll(() => lead.innerText()).toBe('Begin with step 1')
    await lead.click()
    await expect.poll(() => markOf(page, steps[0]!.title).innerText()).toContain('begun')
    await page.goBack()
    await expect.poll(() => lead.innerText()).toBe('Go on with step 1')
    await page.goto(new URL(`${first}#next`, page.url()).href)
    await expect.poll(() => markOf(page, steps[0]!.title).innerText()).toContain('read to the end')
    await page.goto(new URL('/', page.url()).href)
    await expect.poll(() => lead.innerText()).toBe('Go on with step 2')
  })
})

describe.concurrent('what the reader has read', () => {
  test('is marked, in words too, from page to page, until it is forgotten', async ({ open, expect }) => {
    const page = await open('/service.html')
    const { title } = reading.find((chapter) => chapter.page === 'service')!
    await expect.poll(() => markOf(page, title).innerText()).toContain('begun')
    await page.locator('.VPDocFooter').scrollIntoViewIfNeeded()
    await expect.poll(() => markOf(page, title).innerText()).toContain('read to the end')
    await page.locator('.VPSidebar a', { hasText: 'About' }).click()
    await page.waitForURL('**/about.html')
    await expect.poll(() => markOf(page, title).innerText()).toContain('read to the end')
    await page.getByRole('button', { name: 'Forget all of it' }).click()
    await expect.poll(() => markOf(page, title).innerText()).not.toContain('read')
    const kept = () => page.evaluate(() => Object.keys(localStorage).join())
    await expect.poll(kept).not.toContain('rpc-steps')
  })
})

test('each page leads to the next', async ({ open, expect }) => {
  const page = await open(`/${reading[0]!.page}.html`)
  for (const chapter of [...reading, ...trying].slice(1)) {
    const next = page.locator('.VPDocFooter .next')
    await expect.poll(() => next.innerText()).toContain(chapter.title)
    await next.click()
    await page.waitForURL(`**/${chapter.page}.html`)
    const title = () => page.getByRole('heading', { level: 1 }).innerText()
    await expect.poll(title).toContain(chapter.title)
  }
})

describe.concurrent('the search', () => {
  const words = ['EAGAIN', 'back-pressure', 'epoll']
  test.for(words)('finds %s in the course first', async (word, { open, expect }) => {
    const page = await open('/', { viewport: narrow })
    await page.getByRole('button', { name: 'Search' }).first().click()
    await page.locator('#localsearch-input').fill(word)
    const results = page.locator('.VPLocalSearchBox .result')
    await expect.poll(() => results.count()).toBeGreaterThan(2)
    const links = await results.evaluateAll((all) => all.map((a) => (a as HTMLAnchorElement).href))
    const found = links.map((link) => new URL(link).pathname)
    expect(found[0]).toMatch(/^\/(?:steps\/|glossary)/)
    expect(found.slice(0, 3).filter((path) => path.startsWith('/api/'))).toEqual([])
    await results.first().click()
    await page.waitForURL(`**${found[0]}*`)
  })
})
