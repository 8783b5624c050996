import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe } from 'vitest'
import { violations } from '../src/axe.ts'
import { test } from '../src/test.ts'

const recorded = readFileSync(new URL('../../../docs/steps/01-blocking-sockets/traces/01-five-fetches.json', import.meta.url), 'utf8')
const linesOf = (pid: number) => recorded.split('\n').filter((line) => line.includes(`"pid":${pid}`))
const traceOf = (pid: number) => `[\n${linesOf(pid).join('\n').replace(/,$/, '')}\n]\n`
const client = { name: 'client.json', text: traceOf(1) }
const server = { name: 'server.json', text: traceOf(2) }

/** The place for a trace of one's own, by what a reader can see and press. */
function ownIn(page: Page) {
  const own = page.getByRole('region', { name: 'Your own trace' })
  return {
    own,
    input: own.getByLabel('Trace files'),
    status: () => own.getByRole('status').innerText(),
    alert: () => own.getByRole('alert').innerText(),
    picture: own.getByRole('img', { name: /^Timeline/ }),
    files: own.getByRole('list', { name: 'Opened files' }).getByRole('listitem'),
  }
}

const file = ({ name, text }: { name: string; text: string }) => ({
  name,
  mimeType: 'application/json',
  buffer: Buffer.from(text),
})

/** Whoever saves data is not sent the pages that the links on the screen lead to, so nothing is asked unbidden. */
const savesData = (page: Page) =>
  page.addInitScript(() => Object.defineProperty(navigator, 'connection', { value: { saveData: true } }))

/** Lets go of files over the page, as a mouse does. */
async function drop(page: Page, ...files: { name: string; text: string }[]) {
  const data = await page.evaluateHandle((files) => {
    const data = new DataTransfer()
    for (const { name, text } of files) data.items.add(new File([text], name))
    return data
  }, files)
  for (const type of ['dragover', 'drop']) await page.dispatchEvent('h1', type, { dataTransfer: data })
}

describe.concurrent("a trace of the reader's", () => {
  test('is drawn from its files, and nothing is asked of any host', async ({ open, expect }) => {
    const page = await open('/lab.html', { before: savesData })
    const { input, status, picture, own } = ownIn(page)
    await page.waitForLoadState('networkidle')
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    // Without a network it works as well, so nothing can have been sent.
    await page.context().setOffline(true)
    await input.setInputFiles([file(server), file(client)])
    await expect.poll(status).toMatch(/^5 calls by 1 client in 1\.\d+ s$/)
    await picture.waitFor()
    await own.getByRole('button', { name: 'One event on', exact: true }).click()
    await own.getByText('event 1 of').waitFor()
    expect(await picture.locator('rect.state.call').count()).toBe(5)
    expect(await violations(page)).toEqual([])
    expect(asked).toEqual([])
  })

  test('can be dropped anywhere on the page, one file after the other', async ({ open, expect }) => {
    const page = await open('/lab.html')
    const { status, picture, files } = ownIn(page)
    await drop(page, server)
    await expect.poll(status).toBe('5 requests')
    await drop(page, client)
    await expect.poll(status).toMatch(/^5 calls by 1 client/)
    await picture.waitFor()
    expect(await files.count()).toBe(2)
    // The same file, which has grown meanwhile.
    await drop(page, server)
    await expect.poll(status).toMatch(/^5 calls by 1 client/)
    expect(await files.count()).toBe(2)
  })

  test('is left as it was by a file that is none, which is told', async ({ open, expect }) => {
    const page = await open('/lab.html')
    const { input, status, alert, files, own } = ownIn(page)
    await input.setInputFiles([file(client)])
    await expect.poll(status).toMatch(/^5 calls/)
    const cut = { ...server, text: server.text.slice(0, 400) }
    await input.setInputFiles([file(cut), file({ name: 'notes.txt', text: 'Dear diary' })])
    await expect.poll(alert).toContain('notes.txt, line 1: "Dear diary" is no event; open a file that')
    expect(await alert()).toMatch(/server\.json, line \d: the event is cut off; take this line out, and open the file again\./)
    expect(await files.count()).toBe(1)
    await own.getByRole('img').waitFor()
    expect(await violations(page)).toEqual([])
    await drop(page, server)
    await expect.poll(alert).toBe('')
    expect(await files.count()).toBe(2)
  })

  test('may be as large as it is allowed to be, and hostile', async ({ open, expect }) => {
    const page = await open('/lab.html')
    const { own, input, status, alert } = ownIn(page)
    const event = (n: number, more: object) => JSON.stringify({ name: '<img src=x onerror=alert(1)>', pid: 7, tid: 0, ts: n, ...more })
    const calls = Array.from({ length: 10_000 }, (_, i) => event(i, { ph: 'b', cat: 'call', id: `${i}` }))
    const ends = calls.map((line, i) => line.replace('"ph":"b"', '"ph":"e"').replace(/"ts":\d+/, `"ts":${20_000 + i}`))
    await input.setInputFiles([file({ name: 'a.json', text: `[${[...calls, ...ends].join(',\n')}]` })])
    await expect.poll(status, { timeout: 30_000 }).toBe('10000 calls by 1 client in 30 ms')
    const { height } = (await own.getByRole('group', { name: /^Timeline/ }).boundingBox())!
    expect(height).toBeLessThan(800)
    const more = { name: 'b.json', text: `[${event(1, { ph: 'i', pid: 8 })}]` }
    await input.setInputFiles([file(more)])
    await expect.poll(alert).toBe('there are 20,001 events, and at most 20,000 can be drawn: trace fewer calls.')
  })

  test('is chosen and removed with the keyboard alone', async ({ open, expect }) => {
    // The browser must be told in time that its dialog is ours.
    const before = async (page: Page) => {
      page.on('filechooser', (chooser) => void chooser.setFiles([file(client), file(server)]))
    }
    const page = await open('/lab.html', { before })
    const { own, input, status, files } = ownIn(page)
    await input.focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => files.count()).toBe(2)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await expect.poll(() => files.count()).toBe(1)
    await expect.poll(status).toBe('5 requests')
    await expect.poll(() => input.evaluate((one) => one === document.activeElement)).toBe(true)
    await own.getByRole('button', { name: 'Remove server.json' }).press('Enter')
    await expect.poll(() => files.count()).toBe(0)
    await expect.poll(status).toBe('')
  })
})
