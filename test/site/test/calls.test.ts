import { platform } from 'node:process'
import type { Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { violations } from '../src/axe.ts'
import { programsOf, test } from '../src/lab.ts'
import { excess, narrow, scheme } from '../src/page.ts'

const chapter = '/steps/12-standards.html'

/** What calls the reader's server, by what one sees and presses. */
async function callsOf(page: Page) {
  const region = page.getByRole('region', { name: 'Your server, called from this page' })
  await region.scrollIntoViewIfNeeded()
  await region.locator('form:not([inert])').waitFor()
  const exchange = (name: string) => {
    const log = page.getByRole('log', { name: `Messages: ${name}` })
    const terms = region.locator('.exchange', { has: log }).locator('dt')
    return {
      log,
      /** `sent` or `received`, and the text. */
      messages: () => log.locator('li').evaluateAll((all) => all.map((one) => `${one.querySelector('svg')!.ariaLabel} ${one.querySelector('.text')!.textContent}`)),
      says: async (name: string) => (await terms.filter({ hasText: new RegExp(`^${name}$`) }).locator('xpath=following-sibling::dd').textContent())?.trim(),
    }
  }
  return {
    region,
    button: (name: string) => region.getByRole('button', { name, exact: true }),
    status: () => region.getByRole('status').innerText(),
    choose: (name: string) => region.getByRole('radio', { name, exact: true }).check(),
    ways: { http: exchange('HTTP'), websocket: exchange('WebSocket') },
  }
}

/** Has the server started, and waits until it may be called. */
async function started(page: Page) {
  const calls = await callsOf(page)
  await calls.button('Start the server').click()
  await calls.button('End the server').waitFor()
  await calls.region.locator('form button:not([aria-disabled=true])').waitFor()
  return calls
}

// `programsOf` asks `ps`.
describe.runIf(platform !== 'win32')('a page that calls the reader\'s server', () => {
  // A browser logs each answer that is an error, and it asks another port.
  const freely = { faulty: true }

  test('is answered by fetch and by WebSocket, with results and with errors', async ({ open, lab }) => {
    const { button, choose, ways, status } = await started(await open(lab.origin + chapter, freely))
    expect(await status()).toMatch(/^It listens at http:\/\/127\.0\.0\.1:\d+ and ws:\/\/127\.0\.0\.1:\d+, and lets this page in\.$/)
    expect(programsOf(lab)).toBe(1)
    await button('Call').click()
    for (const way of Object.values(ways)) {
      await expect.poll(() => way.says('For the page')).toMatch(/^its result is 300, after [\d,]+ ms$/)
      await expect.poll(() => way.says('At the server')).toMatch(/^ended after \d+ ms of work$/)
    }
    expect(await ways.http.messages()).toEqual([
      expect.stringMatching(/^sent POST \/ HTTP\/1\.1\naccept: application\/json\n[^]*"method":"sleep","params":\{"ms":300\}\}$/),
      'received HTTP/1.1 200 OK\ncontent-type: application/json',
      'received {"jsonrpc":"2.0","result":300,"id":0}',
    ])
    expect(await ways.websocket.messages()).toEqual([
      'sent {"jsonrpc":"2.0","id":1,"method":"sleep","params":{"ms":300}}',
      'received {"jsonrpc":"2.0","result":300,"id":1}',
    ])
    for (const [name, status, told] of [['an error', 500, 'failed with 1: Out of paper'], ['too late', 504, 'failed with -32008: Deadline exceeded']] as const) {
      await choose(name)
      await button('Call').click()
      for (const way of Object.values(ways)) await expect.poll(() => way.says('For the page')).toContain(told)
      expect((await ways.http.messages())[1]).toContain(`received HTTP/1.1 ${status} `)
    }
  })

  test('stops a stream in the middle, and it has ended at the server', async ({ open, lab }) => {
    const { button, choose, ways } = await started(await open(lab.origin + chapter, freely))
    await choose('a stream')
    await button('Call').click()
    for (const way of Object.values(ways)) await expect.poll(async () => Number(await way.says('read'))).toBeGreaterThan(3)
    expect(await ways.http.says('At the server')).toBe('at work')
    await button('Stop').press('Enter')
    for (const way of Object.values(ways)) {
      await expect.poll(() => way.says('At the server')).toMatch(/^ended after [\d,]+ ms of work$/)
      expect(Number(await way.says('read'))).toBeLessThan(20)
    }
    await expect.poll(() => ways.http.says('For the page')).toContain('given up')
    await expect.poll(() => ways.websocket.says('For the page')).toContain('failed with -32800')
    const said = await ways.websocket.messages()
    expect(said.at(-2)).toMatch(/^sent .*"\$\/cancelRequest"/)
    // On the same connection it goes on.
    await choose('a result')
    await button('Call').click()
    await expect.poll(() => ways.websocket.says('For the page')).toContain('its result is 300')
    await expect.poll(() => ways.http.says('For the page')).toContain('its result is 300')
  })

  test('reads slowly, and only where credit is granted the server waits for it', async ({ open, lab }) => {
    const { region, button, choose, ways } = await started(await open(lab.origin + chapter, freely))
    await choose('a stream, read slowly')
    await button('Call').click()
    await expect.poll(() => ways.http.says('At the server'), { timeout: 20_000 }).toMatch(/^ended/)
    const number = async (name: string) => Number((await ways.websocket.says(name))!.replaceAll(',', ''))
    await expect.poll(() => number('read')).toBeGreaterThan(20)
    expect(await ways.websocket.says('At the server')).toBe('at work')
    const come = await number('Items come')
    expect(come - (await number('read'))).toBeLessThanOrEqual(32)
    // Ten times the pace, while it goes on.
    await region.getByRole('slider', { name: 'Items read a second' }).fill('200')
    await expect.poll(() => number('read'), { timeout: 20_000 }).toBeGreaterThan(come + 200)
    await button('Stop').click()
    await expect.poll(() => ways.websocket.says('At the server')).toMatch(/^ended/)
  })

  test.for([
    ['ends it', async (page: Page) => (await callsOf(page)).button('End the server').click()],
    ['goes to another page of the site', (page: Page) => page.locator('.VPNavBarTitle a').click()],
    ['closes the tab', (page: Page) => page.close()],
  ] as const)('is without it when the reader %s', async ([, leave], { open, lab }) => {
    const page = await open(lab.origin + chapter, freely)
    await started(page)
    expect(programsOf(lab)).toBe(1)
    await leave(page)
    await expect.poll(() => programsOf(lab)).toBe(0)
  })

  test('loses it to another page that starts one', async ({ open, lab }) => {
    const [one, other] = [await open(lab.origin + chapter, freely), await open(lab.origin + chapter, freely)]
    const { status, button } = await started(one)
    await started(other)
    await expect.poll(status).toBe('The server has gone: another page has started one of its own.')
    await button('Start the server').waitFor()
    expect(programsOf(lab)).toBe(1)
  })

  test('is the only one that may: another origin is refused in both', async ({ open, lab, host }) => {
    const { status } = await started(await open(lab.origin + chapter, freely))
    const [, http = '', websocket = ''] = /(http:\S+) and (ws:[^,]+)/.exec(await status())!
    const elsewhere = await open(`${host}/about.html`, freely)
    const tried = await elsewhere.evaluate(async ([http, websocket]) => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"jsonrpc":"2.0","id":0,"method":"sleep","params":{"ms":0}}' }
      const byFetch = await fetch(http, init).then(() => 'answered', () => 'refused')
      // Without asking first, as a form may: no script sees the answer, and nothing was run.
      const blind = await fetch(http, { method: 'POST', mode: 'no-cors', body: init.body }).then((response) => response.type, () => 'refused')
      const bySocket = await new Promise((resolve) => {
        const socket = new WebSocket(websocket)
        socket.onopen = () => resolve('open')
        socket.onclose = () => resolve('refused')
      })
      return { byFetch, blind, bySocket }
    }, [http, websocket] as const)
    expect(tried).toEqual({ byFetch: 'refused', blind: 'opaque', bySocket: 'refused' })
  })

  test('names what it has, and fits, while it is used', async ({ open, lab }) => {
    const page = await open(lab.origin + chapter, { ...freely, colorScheme: 'dark' })
    const { button, choose, ways } = await started(page)
    await choose('a stream, read slowly')
    await button('Call').click()
    await expect.poll(() => ways.websocket.says('read')).toMatch(/[1-9]/)
    await button('Stop').click()
    await expect.poll(() => ways.http.says('For the page')).toContain('given up')
    for (const width of [1280, 390, 320]) {
      await page.setViewportSize({ width, height: 800 })
      expect(await excess(page), `${width} pixels`).toBeLessThanOrEqual(0)
      expect(await violations(page)).toEqual([])
    }
    await scheme(page, 'light')
    expect(await violations(page, 'colours')).toEqual([])
  })
})

describe('on a static host', () => {
  test('plays the recording, and says so', async ({ open }) => {
    const page = await open(chapter)
    const { region, button, choose, status, ways } = await callsOf(page)
    expect(await status()).toContain('this is a recording. To call one on your machine: npm install && npm start')
    expect(await button('Start the server').count()).toBe(0)
    // What is chosen is there, without being played.
    await expect.poll(() => ways.websocket.messages()).toEqual([
      'sent {"jsonrpc":"2.0","id":2,"method":"sleep","params":{"ms":300}}',
      'received {"jsonrpc":"2.0","result":300,"id":2}',
    ])
    for (const [name, http, websocket] of [
      ['a result', 'its result is 300', 'its result is 300'],
      ['a stream, read slowly', 'given up', 'failed with -32800'],
    ] as const) {
      await choose(name)
      await button('Play the recording').click()
      await expect.poll(() => ways.http.says('For the page')).toContain(http)
      await expect.poll(() => ways.websocket.says('For the page')).toContain(websocket)
    }
    expect(await region.getByRole('slider').count()).toBe(0)
  })

  test('plays it at its own pace for who does not mind motion, and stops when told to', async ({ open }) => {
    const page = await open(chapter, { reducedMotion: 'no-preference', viewport: narrow })
    const { button, choose, ways } = await callsOf(page)
    await choose('a stream')
    await button('Play the recording').click()
    await expect.poll(async () => Number(await ways.http.says('read'))).toBeGreaterThan(2)
    await button('Stop').click()
    await button('Play the recording').waitFor()
    expect(Number(await ways.http.says('read'))).toBeLessThan(20)
  })

  test('is not there without JavaScript', async ({ open }) => {
    const page = await open(chapter, { javaScriptEnabled: false })
    await page.locator('section.calls').waitFor({ state: 'hidden' })
  })
})
