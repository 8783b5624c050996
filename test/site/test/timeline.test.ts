import { describe } from 'vitest'
import type { Page } from 'playwright-core'
import { scrolledTo } from '../src/page.ts'
import { test } from '../src/test.ts'

const chapter = '/steps/01-blocking-sockets.html'
const trace = '01-five-fetches'

/** The timeline of one trace, by what a reader can see and press. */
function timelineOf(page: Page, name = trace) {
  const figure = page.locator('figure.timeline', { has: page.locator(`[id="${name}-1"]`) })
  const button = (name: string) => figure.getByRole('button', { name, exact: true })
  return {
    figure,
    button,
    stage: figure.getByRole('group', { name: /^Timeline/ }),
    slider: figure.getByRole('slider', { name: 'Time' }),
    list: figure.locator('ol li'),
    first: figure.locator('rect.state').first(),
    /** Which event is told, and of how many. */
    told: async () => {
      const text = await figure.locator('p.told').innerText()
      const [, n, of] = /event (\d+) of (\d+)/.exec(text) ?? []
      return { text: text.replace(/\s+/g, ' '), n: Number(n), of: Number(of) }
    },
    width: async () => (await figure.locator('rect.state.call').first().boundingBox())!.width,
  }
}

describe.concurrent('a timeline', () => {
  test('steps through every event, and tells each as the list does', async ({ open, expect }) => {
    const { button, list, told, stage } = timelineOf(await open(chapter))
    const items = (await list.allTextContents()).map((text) => text.trim().replace(/\s+/g, ' '))
    expect(items.length).toBeGreaterThan(20)
    for (const [i, item] of items.entries()) {
      await button('One event on').click()
      await expect.poll(told).toMatchObject({ n: i + 1, of: items.length })
      const [, text] = /^\S+ m?s (.*)$/.exec(item) ?? []
      expect((await told()).text).toContain(text)
    }
    await button('One event back').click()
    await expect.poll(told).toMatchObject({ n: items.length - 1 })
    await stage.press('Home')
    await expect.poll(told).toMatchObject({ n: 1 })
    await stage.press('ArrowRight')
    await expect.poll(told).toMatchObject({ n: 2 })
    await stage.press('End')
    await expect.poll(told).toMatchObject({ n: items.length })
  })

  test('plays to its end', async ({ open, expect }) => {
    const page = await open(chapter, { reducedMotion: 'no-preference' })
    const { button, told, figure, list } = timelineOf(page)
    await figure.getByRole('combobox', { name: 'Speed' }).selectOption('as fast as it was')
    // Faster than anybody can look, when the machine is busy: so the end alone is looked at.
    await button('Play').click()
    await expect.poll(told).toMatchObject({ n: await list.count() })
    await button('Play').waitFor()
  })

  test('pauses off screen', async ({ open }) => {
    const page = await open(chapter, { reducedMotion: 'no-preference' })
    const { button, figure } = timelineOf(page)
    await figure.getByRole('combobox', { name: 'Speed' }).selectOption({ index: 2 })
    await button('Play').focus()
    await page.keyboard.press('Enter')
    await button('Pause').waitFor()
    await scrolledTo(page, 0)
    await button('Play').waitFor({ state: 'attached' })
  })

  test('goes from event to event where motion is not wanted', async ({ open, expect }) => {
    const { button, figure } = timelineOf(await open(chapter))
    expect(await figure.getByRole('combobox', { name: 'Speed' }).count()).toBe(0)
    const seen = figure.locator('p.told').evaluate(
      (line) =>
        new Promise<number[]>((resolve) => {
          const events: number[] = []
          new MutationObserver(() => {
            const n = Number(/event (\d+)/.exec(line.textContent)?.[1])
            if (n > 0 && n !== events.at(-1) && events.push(n) === 4) resolve(events)
          }).observe(line, { subtree: true, childList: true, characterData: true })
        }),
    )
    await button('Play').click()
    expect(await seen).toEqual([1, 2, 3, 4])
    await button('Pause').click()
    await button('Play').waitFor()
  })

  test('is scrubbed, and says where it is', async ({ open, expect }) => {
    const { slider, told } = timelineOf(await open(chapter))
    await slider.fill('500')
    await expect.poll(async () => (await told()).n).toBeGreaterThan(5)
    const { text } = await told()
    const spoken = (await slider.getAttribute('aria-valuetext'))!
    expect(text).toContain(spoken.split(', ').at(-1))
    await slider.press('ArrowRight')
    expect(Number(await slider.inputValue())).toBeGreaterThan(500)
  })

  test('zooms, and shows all again', async ({ open, expect }) => {
    const { stage, button, width } = timelineOf(await open(chapter))
    const before = await width()
    await expect(button('All').isDisabled()).resolves.toBe(true)
    await button('Zoom in').click()
    await expect.poll(width).toBeGreaterThan(1.8 * before)
    await stage.press('-')
    await expect.poll(width).toBeCloseTo(before, 0)
    await stage.press('+')
    await stage.press('0')
    await expect.poll(width).toBeCloseTo(before, 0)
    await expect(button('All').isDisabled()).resolves.toBe(true)
  })

  test('keeps its keys to itself: elsewhere the space bar scrolls', async ({ open, expect }) => {
    const page = await open(chapter)
    await page.keyboard.press('Space')
    await page.waitForFunction(() => scrollY > 100)
    expect((await timelineOf(page).told()).n).toBeNaN()
  })

  test('opens at the event that the address names', async ({ open, expect }) => {
    const page = await open(`${chapter}#${trace}-7`)
    const { told, list, stage } = timelineOf(page)
    await expect.poll(told).toMatchObject({ n: 7 })
    expect(await list.nth(6).getAttribute('aria-current')).toBe('step')
    await expect
      .poll(async () => {
        const { y, height } = (await stage.boundingBox())!
        return y >= 0 && y + height / 2 < 800
      })
      .toBe(true)
    await page.evaluate((hash) => (location.hash = hash), `${trace}-9`)
    await expect.poll(told).toMatchObject({ n: 9 })
  })

  test('leads to its list without JavaScript', async ({ open }) => {
    const page = await open(`${chapter}#${trace}-7`, { javaScriptEnabled: false })
    await page.locator(`[id="${trace}-7"]`).waitFor({ state: 'visible' })
  })

  test('prints as a picture and a list', async ({ open, expect }) => {
    const page = await open(chapter)
    const { button, list, first } = timelineOf(page)
    await page.emulateMedia({ media: 'print' })
    await button('Play').waitFor({ state: 'hidden' })
    await expect(first.isVisible()).resolves.toBe(true)
    await list.last().waitFor({ state: 'visible' })
  })
})
