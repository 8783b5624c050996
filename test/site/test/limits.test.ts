import { describe } from 'vitest'
import type { Page } from 'playwright-core'
import { narrow } from '../src/page.ts'
import { test } from '../src/test.ts'

const address = '/steps/11-adaptive.html'

/** The limits of step 11, by what a reader sees and turns. */
function limitsOf(page: Page) {
  const limits = page.getByRole('region', { name: 'Three limits on the same work' })
  return {
    limits,
    slider: (name: string) => limits.getByRole('slider', { name }),
    marks: limits.locator('.chart .real'),
    lines: limits.locator('.chart path'),
    /** Milliseconds and answers in a second, in the middle third. */
    middle: async (name: string) => {
      const told = await limits.getByText('In the middle third').innerText()
      const [, ms = '', answered] = new RegExp(`${name}: ([\\d,]+) ms, (\\d+) answered`).exec(told) ?? []
      return [Number(ms.replaceAll(',', '')), Number(answered)] as const
    },
  }
}

describe.concurrent('the limits', () => {
  test('are drawn and told without JavaScript, and have nothing to turn', async ({ open, expect }) => {
    const page = await open(address, { javaScriptEnabled: false, viewport: narrow })
    const { limits, marks, lines, middle } = limitsOf(page)
    expect(await limits.getByRole('slider').count()).toBe(0)
    // Three in each of three charts; what has no limit is in two of them.
    expect(await lines.count()).toBe(9)
    expect(await marks.count()).toBe(3 * (2 + 3 + 3))
    expect((await middle('fixed 150'))[0]).toBeGreaterThan(5 * (await middle('vegas'))[0])
  })

  test('follow what the reader turns, also with keys, and say where nothing was measured', async ({ open, expect }) => {
    const page = await open(address)
    const { limits, slider, marks, middle } = limitsOf(page)
    await limits.scrollIntoViewIfNeeded()
    await limits.locator('form:not([inert])').waitFor()
    const [ms] = await middle('fixed 150')
    await slider('The fixed number').press('ArrowLeft')
    await expect.poll(async () => (await middle('fixed 145'))[0]).toBeLessThan(ms)
    expect(await marks.count()).toBe(3 * (2 + 3))
    await slider('Workers in the middle').fill('30')
    await limits.getByText('not measured at this setting').waitFor()
    await slider('The fixed number').fill('10')
    await slider('Load').fill('240')
    // The chosen number leaves most of them idle, and what learns does not.
    await expect.poll(async () => (await middle('vegas'))[1]).toBeGreaterThan(1.5 * (await middle('fixed 10'))[1])
    await limits.getByRole('radio', { name: 'gradient2' }).check()
    await expect.poll(async () => (await middle('gradient2'))[1]).toBeGreaterThan(1.5 * (await middle('fixed 10'))[1])
  })
})
