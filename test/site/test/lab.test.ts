import { platform } from 'node:process'
import type { Locator, Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { launch } from '../src/browser.ts'
import { programsOf, test } from '../src/lab.ts'
import { hydrated } from '../src/page.ts'

// A run has all of a machine's lab to itself, so these tests come one after another.

/** A place where one can run something, by what a reader can see and press. */
function runIn(place: Locator) {
  const button = (name: string) => place.getByRole('button', { name, exact: true })
  return {
    button,
    status: () => place.locator('.bar').getByRole('status').innerText(),
    calls: place.locator('.picture rect.state.call'),
    output: place.getByRole('log', { name: 'Output' }),
  }
}

/** The timeline of a recorded run; found by its place, because a run of one's own has no name. */
async function timelineOf(page: Page, trace: string): Promise<Locator> {
  const place = await page
    .locator('figure.timeline')
    .evaluateAll((all, id) => all.findIndex((one) => one.querySelector(`[id="${id}"]`)), `${trace}-1`)
  return page.locator('figure.timeline').nth(place)
}

const long = 'step=01&clients=2&calls=20&latency=1000'
const plan = { step: '02', clients: 1, calls: 1, latency: 0 }

/** Posts a plan from within a page, as a script of that page could; gives the status of the answer. */
function post(page: Page, url: string, headers: Record<string, string> = {}) {
  const answer = page.waitForResponse((response) => response.url() === url)
  const sent = page.evaluate(
    ([url, body, headers]) => fetch(url, { method: 'POST', body, headers, mode: 'no-cors' }).then(),
    [url, JSON.stringify(plan), headers] as const,
  )
  return Promise.all([answer, sent.catch(() => undefined)]).then(([answer]) => answer.status())
}

// Step 01 and 03 are for Linux and macOS, and so is `ps`, which knows what has been started.
const here = platform !== 'win32'

describe.runIf(here)('Run', () => {
  test.for([
    ['01-blocking-sockets', '01-five-fetches', 1],
    ['03-event-loop', '03-five-clients', 5],
  ] as const)('runs %s, and draws it while it goes on', async ([step, trace, clients], { open, lab }) => {
    const page = await open(`${lab.origin}/steps/${step}.html`)
    const place = await timelineOf(page, trace)
    const { button, status, calls, output } = runIn(place)
    expect(programsOf(lab)).toBe(0)
    const recording = page.locator(`[id="${trace}-1"]`)
    // The recording has gone, and calls are drawn while the run can still be stopped.
    const drawnMeanwhile = () =>
      place.evaluate(
        (figure, id) =>
          new Promise<boolean>((resolve) => {
            let begun = false
            const look = () => {
              const own = !document.getElementById(id) && figure.querySelector('rect.state.call')
              const going = [...figure.querySelectorAll('button')].some(
                ({ textContent }) => textContent.trim() === 'Stop',
              )
              begun ||= going || Boolean(own)
              if (begun && (own || !going)) resolve(going)
              else requestAnimationFrame(look)
            }
            look()
          }),
        `${trace}-1`,
      )
    // A machine that stands still may draw a run when it is over, but not three.
    let drawn = false
    for (let tries = 0; tries < 3 && !drawn; tries++) {
      if (tries > 0) await button('Show the recording again').click()
      await recording.waitFor({ state: 'attached' })
      const seen = drawnMeanwhile()
      await button('Run it here').click()
      drawn = await seen
      await expect.poll(status).toMatch(/^Done in [\d,.]+ m?s on this machine; .* in the recording\.$/)
    }
    expect(drawn).toBe(true)
    expect(await calls.count()).toBe(5)
    await place.getByText('Output', { exact: true }).click()
    const text = await output.innerText()
    expect(text).toContain(`$ npx tsx steps/${step}/server.ts`)
    expect(text).toContain('listening on 127.0.0.1:')
    expect(text.split(`$ npx tsx steps/${step}/client.ts`)).toHaveLength(clients + 1)
    expect(text.split('exit code 0').length).toBeGreaterThan(clients)
    await expect.poll(() => programsOf(lab)).toBe(0)
    await button('Show the recording again').click()
    await recording.waitFor({ state: 'attached' })
  })

  test('stops when it is told to, and its programs are gone', async ({ open, lab }) => {
    const page = await open(`${lab.origin}/lab.html?${long}`)
    const { button, status, calls } = runIn(page.getByRole('region', { name: 'The lab' }))
    await button('Run it here').click()
    await calls.first().waitFor()
    await expect.poll(() => programsOf(lab)).toBe(3)
    await button('Stop').click()
    await expect.poll(status).toMatch(/^Stopped/)
    await expect.poll(() => programsOf(lab)).toBe(0)
    await button('Run it here').waitFor()
  })

  test.for([
    ['goes to another page of the site', (page: Page) => page.locator('.VPNavBarTitle a').click()],
    ['types another address', (page: Page) => page.goto('about:blank')],
    ['closes the tab', (page: Page) => page.close()],
  ] as const)('ends when the reader %s', async ([, leave], { open, lab }) => {
    const page = await open(`${lab.origin}/lab.html?${long}`)
    await runIn(page.getByRole('region', { name: 'The lab' })).button('Run it here').click()
    await expect.poll(() => programsOf(lab)).toBe(3)
    await leave(page)
    await expect.poll(() => programsOf(lab)).toBe(0)
  })

  test('says why when a run has failed', async ({ open, lab }) => {
    const page = await open(`${lab.origin}/lab.html?step=02&clients=1&calls=1&latency=0`)
    const { button, status } = runIn(page.getByRole('region', { name: 'The lab' }))
    await page.route('**/__lab/run', (route) => route.fulfill({ body: 'no more\n' }))
    await button('Run it here').click()
    await expect.poll(status).toMatch(/^Failed: /)
  })

  test('remembers what was run, for the model', async ({ open, lab }) => {
    const page = await open(`${lab.origin}/lab.html?step=05&clients=1&calls=4&latency=50`)
    const { button, status } = runIn(page.getByRole('region', { name: 'The lab' }))
    await button('Run it here').click()
    await expect.poll(status).toMatch(/^Done/)
    await page.goto(`${lab.origin}/model.html?step=05&calls=4`)
    const explorer = page.getByRole('region', { name: 'The model' })
    await explorer.scrollIntoViewIfNeeded()
    await explorer.getByText('your own runs, 1').waitFor()
  })
})

describe.runIf(here)('two runs', () => {
  /** The pictures of both, and how many pixels of each a millisecond takes. */
  async function scales(page: Page) {
    const pictures = page.getByRole('region', { name: 'The lab' }).locator('svg.picture')
    return pictures.evaluateAll((all) =>
      all.map((picture) => {
        const [zero, next] = [...picture.querySelectorAll('.grid text')]
        const at = (text: Element | undefined) => text?.previousElementSibling?.getBoundingClientRect().x ?? NaN
        return `${next?.textContent?.trim()}: ${Math.round(at(next) - at(zero))}`
      }),
    )
  }

  test('stand on one scale: the same by another step is run first', async ({ open, lab }) => {
    const page = await open(`${lab.origin}/lab.html?step=05&clients=1&calls=4&latency=60&beside=04`)
    const region = page.getByRole('region', { name: 'The lab' })
    const { button, status } = runIn(region)
    await region.getByText('Run it here runs this first: step 04, one client, 4 calls').waitFor()
    await button('Run it here').click()
    const titles = region.locator('.stage .title')
    await expect.poll(() => titles.allInnerTexts(), { timeout: 20_000 }).toEqual([
      expect.stringMatching(/^Step 05, your run: .* 4 calls by 1 client in/),
      expect.stringMatching(/^Step 04, your run: .* 4 calls by 1 client in/),
    ])
    await expect.poll(status).toMatch(/^Done/)
    const [above, below] = await scales(page)
    expect(above).toMatch(/ms: \d+$/)
    expect(below).toBe(above)
    // What was run beside it is still there for the next run, and not run again.
    await region.getByLabel('Calls by each').fill('3')
    await region.getByLabel('Beside it').selectOption({ label: 'your last run, step 05' })
    await expect.poll(() => new URL(page.url()).searchParams.get('beside')).toBe('step=05&clients=1&calls=4&latency=60')
    await button('Run it here').click()
    await expect.poll(() => titles.allInnerTexts(), { timeout: 20_000 }).toEqual([
      expect.stringContaining('3 calls by 1 client in'),
      expect.stringContaining('4 calls by 1 client in'),
    ])
    await expect.poll(status).toMatch(/^Done/)
    await expect.poll(() => region.locator('.runs tbody tr').count()).toBe(3)
  })

  test('of a chain show how long each server works for a caller that has given up', async ({ open, lab }) => {
    const page = await open(`${lab.origin}/lab.html`)
    await page.getByRole('link', { name: 'A chain of three servers, step 07' }).click()
    const region = page.getByRole('region', { name: 'The lab' })
    await expect.poll(() => region.getByLabel('Servers in a row').inputValue()).toBe('3')
    // Not as it is recorded, so that it is run.
    await region.getByLabel('Patience, in ms').fill('200')
    await runIn(region).button('Run it here').click()
    await expect.poll(runIn(region).status, { timeout: 20_000 }).toMatch(/^Done/)
    const lanes = region.locator('svg.picture').first().locator('text.lane')
    expect(await lanes.allTextContents()).toEqual(['client', 'server A', 'server B', 'server C'])
    // In per cent of the width: told, a server is busy as long as the patience lasts; untold, to the end.
    const widths = await region.locator('svg.picture').evaluateAll((all) =>
      all.map((picture) =>
        [...picture.querySelectorAll('rect.work')].map((work) => work.getBoundingClientRect().width / picture.getBoundingClientRect().width),
      ),
    )
    const [told = [], untold = []] = widths
    expect([told.length, untold.length]).toEqual([3, 3])
    expect(Math.max(...told)).toBeLessThan(0.5)
    expect(Math.min(...untold)).toBeGreaterThan(0.8)
  })

  test('are stopped together', async ({ open, lab }) => {
    const page = await open(`${lab.origin}/lab.html?step=04&clients=1&calls=20&latency=1000&beside=05`)
    const { button, status } = runIn(page.getByRole('region', { name: 'The lab' }))
    await button('Run it here').click()
    await expect.poll(() => programsOf(lab)).toBe(2)
    await button('Stop').click()
    await expect.poll(status).toMatch(/^Stopped/)
    await expect.poll(() => programsOf(lab)).toBe(0)
    await button('Run it here').waitFor()
  })

  test('are two recordings on a static host, one above the other on any screen', async ({ open }) => {
    const page = await open('/lab.html?step=05&clients=1&calls=5&latency=pages&beside=01')
    const region = page.getByRole('region', { name: 'The lab' })
    await expect.poll(() => region.locator('.stage .title').allInnerTexts()).toEqual([
      expect.stringContaining('Step 05, recorded: one client, 5 fetches.'),
      expect.stringContaining('Step 01, recorded: one client, 5 fetches.'),
    ])
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 })
      await expect.poll(async () => new Set(await scales(page)).size).toBe(1)
      const boxes = await Promise.all((await region.locator('svg.picture').all()).map((one) => one.boundingBox()))
      expect(boxes[1]!.y).toBeGreaterThan(boxes[0]!.y + boxes[0]!.height)
    }
    await region.getByLabel('Calls by each').fill('4')
    await region.getByText('Of this there is no recording: step 01').waitFor()
  })
})

describe('the page of the lab', () => {
  test('takes the plan from the form, and keeps it in the address', async ({ open, lab }) => {
    const page = await open(`${lab.origin}/lab.html`)
    const region = page.getByRole('region', { name: 'The lab' })
    await runIn(region).button('Run it here').waitFor()
    await region.getByLabel('Step', { exact: true }).selectOption('05')
    await region.getByLabel('Calls by each').fill('3')
    await region.getByLabel('At once, at most').selectOption('2')
    await expect.poll(() => new URL(page.url()).search).toMatch(/step=05.*calls=3.*limit=2/)
    await page.reload()
    await expect.poll(() => region.getByLabel('Calls by each').inputValue()).toBe('3')
    await region.getByLabel('Calls by each').fill('51')
    await expect.poll(() => runIn(region).button('Run it here').isDisabled()).toBe(true)
  })

  test('says what is wrong in the address, and what it does instead', async ({ open, lab }) => {
    const page = await open(`${lab.origin}/lab.html?step=05&limit=0&clients=five&calls=3`)
    const region = page.getByRole('region', { name: 'The lab' })
    const told = region.getByRole('status').filter({ hasText: 'address' })
    await expect.poll(() => told.innerText()).toContain('limit=0: limit must be a whole number from 1 to 50.')
    const text = await told.innerText()
    expect(text).toContain('clients=five: clients must be a whole number from 1 to 10.')
    expect(text).toContain('What is set instead: step 05, one client, 3 fetches.')
    expect(await region.getByLabel('Step', { exact: true }).inputValue()).toBe('05')
    // What the reader sets takes the place of what was wrong.
    await region.getByLabel('Calls by each').fill('2')
    await region.getByLabel('Calls by each').blur()
    await told.waitFor({ state: 'detached' })
  })

  test('cuts off nothing that can be selected', async ({ open }) => {
    const page = await open('/lab.html')
    const step = page.getByRole('region', { name: 'The lab' }).getByLabel('Step', { exact: true })
    const numbers = await step.locator('option').evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value))
    for (const width of [320, 390, 768, 1024, 1280, 1440]) {
      await page.setViewportSize({ width, height: 800 })
      for (const number of numbers) {
        await step.selectOption(number)
        const cut = await page.locator('.lab select').evaluateAll((all) =>
          (all as HTMLSelectElement[]).flatMap((select) => {
            const { offsetWidth: given, style } = select
            style.width = 'max-content'
            const wanted = select.offsetWidth
            style.width = ''
            return wanted > given ? [`${select.id}: ${given} of ${wanted} pixels`] : []
          }),
        )
        expect(cut, `step ${number}, ${width} pixels wide`).toEqual([])
      }
    }
  })

  test('is not there on a static host, which plays the recording and says so', async ({ open }) => {
    const page = await open('/steps/03-event-loop.html')
    const place = await timelineOf(page, '03-five-clients')
    const { button, status } = runIn(place)
    await expect.poll(status).toContain('This is the recording. To run it on your machine: npm install')
    await button('Play the recording').click()
    await place.getByRole('button', { name: 'Pause' }).waitFor()
    expect(await button('Run it here').count()).toBe(0)
  })
})

describe.runIf(here)('the lab', () => {
  test('refuses a script of its own site that does not know the token', async ({ open, lab }) => {
    const page = await open(`${lab.origin}/about.html`, { faulty: true })
    expect(await post(page, `${lab.origin}/__lab/run`)).toBe(403)
    expect(await post(page, `${lab.origin}/__lab/run`, { 'x-rpc-steps-token': 'guessed' })).toBe(403)
    expect(programsOf(lab)).toBe(0)
  })

  test('refuses a page of another origin', async ({ open, lab, host }) => {
    const page = await open(`${host}/about.html`, { faulty: true })
    expect(await post(page, `${lab.origin}/__lab/run`)).toBe(403)
    expect(programsOf(lab)).toBe(0)
  })

  test('refuses a page whose name was made to lead here (DNS rebinding)', async ({ lab }) => {
    const browser = await launch('--host-resolver-rules=MAP rebound.example 127.0.0.1')
    try {
      const page = await browser.newPage()
      const foreign = lab.origin.replace('127.0.0.1', 'rebound.example')
      await page.goto(`${foreign}/about.html`)
      await hydrated(page)
      expect(await page.locator('meta[name=rpc-steps-lab]').count()).toBe(0)
      expect(await post(page, `${foreign}/__lab/run`)).toBe(403)
      expect(programsOf(lab)).toBe(0)
    } finally {
      await browser.close()
    }
  })
})
