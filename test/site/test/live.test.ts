import { platform } from 'node:process'
import type { Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { programsOf, test } from '../src/lab.ts'

/** Over ten seconds of items, if nobody slows it. */
const long = 'step=08&clients=1&calls=1&latency=600&credit=4&items=500'

/** The lab's page, by what a reader can see and press. */
function runIn(page: Page) {
  const region = page.getByRole('region', { name: 'The lab' })
  const button = (name: string) => region.getByRole('button', { name, exact: true })
  return {
    region,
    button,
    slider: region.getByRole('slider', { name: 'The reader pauses, in ms' }),
    status: () => region.locator('.bar').getByRole('status').innerText(),
    /** The last number that the client has printed. */
    printed: async () => Number((await region.locator('.said').last().textContent())?.trim().split('\n').at(-1)) || 0,
  }
}

// `programsOf` asks `ps`.
describe.runIf(platform !== 'win32')('a run that goes on', () => {
  test('is slowed by a slider, and stopped: a cancel, which its server hears', async ({ open, lab }) => {
    const page = await open(`${lab.origin}/lab.html?${long}`)
    const { region, button, slider, status, printed } = runIn(page)
    expect(await slider.count()).toBe(0)
    await button('Run it here').click()
    await expect.poll(printed, { timeout: 20_000 }).toBeGreaterThan(5)
    const ticks = region.locator('.items line')
    expect(await ticks.count()).toBeGreaterThan(5)

    /** Items in the time that the page says has gone by: a busy machine is slow, too, but not so slow. */
    const rate = async (items: number) => {
      const at = () => Promise.all([printed(), page.evaluate(() => performance.now())])
      const [first, begin] = await at()
      await expect.poll(printed, { timeout: 20_000 }).toBeGreaterThanOrEqual(first + items)
      const [last, end] = await at()
      return (last - first) / (end - begin)
    }
    const quick = await rate(20)
    await slider.focus()
    await page.keyboard.press('End')
    expect(await slider.getAttribute('aria-valuetext')).toBe('a reader that pauses 1000 ms')
    // What was on its way is shown first.
    let before: number | undefined
    const stays = (now: number) => {
      const same = now === before
      before = now
      return same
    }
    await expect.poll(printed, { timeout: 20_000, interval: 500 }).toSatisfy(stays)
    expect(await rate(2)).toBeLessThan(quick / 3)
    await page.keyboard.press('Home')
    expect(await rate(20)).toBeGreaterThan(quick / 3)

    await button('Stop the stream').focus()
    await page.keyboard.press('Enter')
    await expect.poll(status).toMatch(/^Done in/)
    // What the keyboard was on has gone.
    await expect.poll(() => page.locator(':focus').textContent().then((text) => text?.trim())).toBe('Run it here')
    expect(await slider.count()).toBe(0)
    expect(await printed()).toBeLessThan(500)
    await expect.poll(() => programsOf(lab)).toBe(0)
    // On both ends the call is over, and neither reaches beyond the picture.
    for (const end of ['call', 'handle']) {
      expect(await region.locator(`.picture rect.state.${end}`).count()).toBe(1)
      expect(await region.locator(`.picture rect.state.${end}.open`).count()).toBe(0)
    }
    await expect.poll(() => region.locator('.picture .cross').count()).toBe(1)
  })

  test('is not offered to be slowed where its answers come whole', async ({ open, lab }) => {
    const page = await open(`${lab.origin}/lab.html?step=08&clients=1&calls=1&latency=1000`)
    const { region, button, slider, status } = runIn(page)
    await button('Run it here').click()
    await region.locator('.picture rect.state.call').waitFor()
    expect(await slider.count()).toBe(0)
    await expect.poll(status).toMatch(/^Done in/)
  })

  test('says little, however much the slider is moved', async ({ open, lab }) => {
    const page = await open(`${lab.origin}/lab.html?${long}`)
    const { region, button, slider, printed } = runIn(page)
    const said: number[] = []
    page.on('request', (request) => {
      if (request.url().endsWith('/__lab/tell')) said.push(JSON.parse(request.postData()!).slow as number)
    })
    await button('Run it here').click()
    await expect.poll(printed, { timeout: 20_000 }).toBeGreaterThan(0)
    const ms = await slider.evaluate(async (one: HTMLInputElement) => {
      const begin = performance.now()
      for (let at = 10; at <= 600; at += 10) {
        one.value = String(at)
        one.dispatchEvent(new Event('input'))
        await new Promise((resolve) => requestAnimationFrame(resolve))
      }
      return performance.now() - begin
    })
    await expect.poll(() => said.at(-1)).toBe(600)
    expect(said.length).toBeLessThanOrEqual(ms / 100 + 2)
    await button('Stop').click()
    await expect.poll(() => programsOf(lab)).toBe(0)
    expect(await region.getByRole('slider', { name: 'The reader' }).count()).toBe(0)
  })
})
