import { describe } from 'vitest'
import type { Page, Route } from 'playwright-core'
import { scrolledTo } from '../src/page.ts'
import { htmlOf } from '../src/site.ts'
import { test } from '../src/test.ts'

const chapter = '/steps/02-callbacks.html'

/** Scripts that match do not arrive. */
const lost = (scripts: string, how = (route: Route) => route.abort()) => ({
  lost: true,
  before: (page: Page) => page.route(`**/assets/${scripts}`, how),
})

/** Whether all the code of a chapter stands in its text. */
async function inText(page: Page) {
  const code = page.locator('main figure.snippet pre')
  const seen = code.filter({ visible: true })
  return (await code.count()) > 10 && (await code.count()) === (await seen.count())
}

describe.concurrent('a chapter whose scripts do not arrive', () => {
  test('has its code in the text when there are none', async ({ open, expect }) => {
    const page = await open(chapter, lost('**/*.js'))
    await expect.poll(() => inText(page)).toBe(true)
    await page.locator('.walk-panel').first().waitFor({ state: 'hidden' })
    await page.locator('figure.timeline .controls').first().waitFor({ state: 'hidden' })
  })

  test('has its code in the text while they hang', async ({ open, expect }) => {
    // Never answered.
    const page = await open(chapter, lost('**/*.js', async () => {}))
    await expect.poll(() => inText(page)).toBe(true)
  })

  test('keeps its text when only its own script is missing, and its links lead on', async ({
    open,
    expect,
  }) => {
    const page = await open(chapter, lost('steps_02-callbacks*'))
    await expect.poll(() => inText(page)).toBe(true)
    await page.getByRole('link', { name: 'Next' }).last().click()
    await page.waitForURL('**/steps/03-event-loop.html')
    await page.getByRole('heading', { level: 1, name: 'The event loop' }).waitFor()
  })

  test('has its code in the text when the file cannot be shown beside it', async ({ open }) => {
    const [, file] = /data-file=".*?([\w-]+)\.ts"/.exec(htmlOf(chapter))!
    const page = await open(chapter, { ...lost(`chunks/${file}.*.js`), lost: false, faulty: true })
    const step = page.locator('[data-step]').first()
    await scrolledTo(page, await step.evaluate((step) => step.getBoundingClientRect().top))
    await step.locator('figure.snippet pre').first().waitFor({ state: 'visible' })
  })

  test('is asked of the server when the reader comes from another page', async ({ open, expect }) => {
    const next = lost('steps_01-*')
    const page = await open('/connection.html', { ...next, lost: false, faulty: true })
    await page.locator('.VPDocFooter').getByRole('link', { name: 'Next' }).click()
    await page.getByRole('heading', { level: 1, name: 'Blocking sockets' }).waitFor()
    await expect.poll(() => inText(page)).toBe(true)
  })
})

test('the lab says that nothing can be set where its script does not arrive', async ({ open }) => {
  const page = await open('/lab.html', lost('**/Lab.*.js'))
  await page.getByText('Without JavaScript nothing can be set').waitFor({ state: 'visible' })
  await page.getByLabel('Clients').waitFor({ state: 'hidden' })
})

// Nor does a machine take so long to load them, four times, that the page gives up meanwhile.
test('nothing in the text moves when the scripts do arrive', { retry: 3 }, async ({ open, expect }) => {
  const page = await open(`${chapter}#build-it`, {
    before: (page) =>
      page.addInitScript(() => {
        const moved: (string | undefined)[] = []
        Object.assign(window, { moved })
        type Shift = PerformanceEntry & { sources: { node?: Node }[] }
        new PerformanceObserver((list) => {
          for (const { node } of (list.getEntries() as Shift[]).flatMap(({ sources }) => sources)) {
            const element = node instanceof Element ? node : node?.parentElement
            if (element?.closest('main')) moved.push(element.outerHTML)
          }
        }).observe({ type: 'layout-shift', buffered: true })
      }),
  })
  await page.locator('.walk-panel .sheet').first().waitFor({ state: 'visible' })
  expect(await page.evaluate(() => (window as unknown as { moved: string[] }).moved)).toEqual([])
})
