import { describe } from 'vitest'
import type { Page } from 'playwright-core'
import { hydrated, narrow } from '../src/page.ts'
import { test } from '../src/test.ts'

/** The explorer, by what a reader sees and turns. */
function explorerOf(page: Page) {
  const explorer = page.getByRole('region', { name: 'The model' })
  const figure = async (what: string) =>
    Number((await explorer.getByRole('definition').nth(order.indexOf(what)).innerText()).replace(/[^\d].*$/s, ''))
  return {
    explorer,
    slider: (name: string) => explorer.getByRole('slider', { name }),
    step: (name: string) => explorer.getByRole('radio', { name }),
    simulated: () => figure('the simulation'),
    predicted: () => figure('the formula'),
    measured: () => figure('measured'),
    lanes: explorer.locator('figure.timeline .picture rect.state.call'),
    marks: explorer.locator('.chart .dot'),
  }
}
const order = ['the formula', 'the simulation', 'measured']

describe.concurrent('the model', () => {
  test('has its first setting without JavaScript, drawn, told, and measured', async ({ open, expect }) => {
    const page = await open('/model.html', { javaScriptEnabled: false, viewport: narrow })
    const { explorer, simulated, predicted, measured, lanes, marks } = explorerOf(page)
    expect(await explorer.getByRole('slider').count()).toBe(0)
    expect(await predicted()).toBe(50)
    expect(await simulated()).toBeGreaterThan(50)
    expect(await measured()).toBeGreaterThan(50)
    expect(await lanes.count()).toBe(8)
    expect(await marks.count()).toBeGreaterThan(20)
    await explorer.getByText('The chart in numbers').click()
    await explorer.getByRole('row', { name: /^16 / }).waitFor({ state: 'visible' })
  })

  test('cannot be turned before its script is there, so no setting is lost', async ({ open, expect }) => {
    let send = () => {}
    const asked = new Promise<void>((resolve) => (send = resolve))
    const page = await open('/model.html', {
      lost: true,
      before: (page) =>
        page.route(/Explorer/, async (route) => {
          await asked
          await route.continue()
        }),
    })
    await hydrated(page)
    const { explorer, step } = explorerOf(page)
    await step('05 Gather').focus()
    await page.keyboard.press('ArrowLeft')
    expect(await step('05 Gather').isChecked()).toBe(true)
    send()
    await explorer.scrollIntoViewIfNeeded()
    await step('04 Async and await').check()
    expect(await step('05 Gather').isChecked()).toBe(false)
  })

  test('is turned with the keyboard; the address keeps the setting', async ({ open, expect }) => {
    const page = await open('/model.html')
    const { explorer, slider, step, simulated, predicted, lanes } = explorerOf(page)
    await explorer.scrollIntoViewIfNeeded()
    await explorer.locator('form:not([inert])').waitFor()
    await step('05 Gather').focus()
    await page.keyboard.press('ArrowLeft')
    await expect.poll(predicted).toBe(400)
    await slider('Calls by each client').focus()
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowLeft')
    await expect.poll(predicted).toBe(300)
    expect(await simulated()).toBeGreaterThan(300)
    expect(await lanes.count()).toBe(6)
    await expect.poll(() => new URL(page.url()).search).toBe('?step=04&calls=6')
    const total = await simulated()
    await page.reload()
    await slider('Calls by each client').scrollIntoViewIfNeeded()
    await expect.poll(simulated).toBe(total)
  })

  test('sets what an experiment asks for, as often as it is asked', async ({ open, expect }) => {
    const page = await open('/model.html')
    const { slider, simulated, predicted } = explorerOf(page)
    const link = page.getByRole('link', { name: 'Set it', exact: true }).first()
    await link.click()
    await expect.poll(predicted).toBe(550)
    expect(await simulated()).toBeGreaterThanOrEqual(550)
    await slider('In flight').fill('5')
    await expect.poll(predicted).toBe(300)
    await link.click()
    await expect.poll(predicted).toBe(550)
  })

  test("shows the reader's own runs", async ({ open, expect }) => {
    const run = { plan: { step: '05', clients: 1, calls: 8, latency: 50 }, total: 57 }
    const page = await open('/model.html', {
      before: (page) =>
        page.addInitScript(
          (runs) => localStorage.setItem('rpc-steps:runs', runs),
          // The last is of a step that the model does not know.
          JSON.stringify([run, { ...run, plan: { ...run.plan, latency: 70 } }, { ...run, plan: { ...run.plan, step: '08' } }]),
        ),
    })
    const { explorer, slider, marks } = explorerOf(page)
    await slider('Each call waits').scrollIntoViewIfNeeded()
    await explorer.getByText('your own runs, 1').waitFor()
    const own = explorer.locator('.chart .dot.own')
    expect(await own.count()).toBe(1)
    await slider('Each call waits').fill('70')
    await explorer.getByText('No recorded run has this setting').waitFor()
    expect([await marks.count(), await own.count()]).toEqual([1, 1])
  })

  test('says how long those wait who come by chance, and when there is no end to it', async ({ open, expect }) => {
    const page = await open('/model.html')
    const arrivals = page.getByRole('region', { name: 'Arrivals by chance' })
    await arrivals.scrollIntoViewIfNeeded()
    await arrivals.locator('form:not([inert])').waitFor()
    const queue = () => arrivals.getByRole('definition').nth(1).innerText()
    const slider = (name: string) => arrivals.getByRole('slider', { name })
    const marks = arrivals.locator('.chart .free')
    expect([await queue(), await marks.count()]).toEqual(['7.5 ms', 9])
    await slider('Arrivals').fill('450')
    await expect.poll(queue).toBe('no end')
    await arrivals.getByText('the queue grows by 50 each second').waitFor()
    await slider('Workers').fill('6')
    await expect.poll(queue).toMatch(/^\d[\d.]* ms$/)
    await arrivals.getByText('not measured at this setting').waitFor()
    expect(await marks.count()).toBe(0)
  })

  test('draws no schedule that nobody can read', async ({ open, expect }) => {
    const page = await open('/model.html?calls=50&clients=10')
    const { explorer, lanes } = explorerOf(page)
    await explorer.scrollIntoViewIfNeeded()
    await explorer.getByText('500 calls in all are too many to draw').waitFor()
    expect(await lanes.count()).toBe(0)
  })
})
