import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Address } from '@rpc-steps/async-await'
import { chromium } from 'playwright-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { served } from './support.ts'

const run = promisify(execFile)
const urlOf = ({ host, port }: Address) => `http://${host}:${port}/`
const works = (program: string) => spawnSync(program, ['--version']).status === 0
const python = ['python3', 'python'].find(works)
const browser = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
].find((path) => path && existsSync(path))

test.runIf(process.env['CI'])('what these tests need is here', () => {
  expect({ curl: works('curl'), python: python !== undefined, browser: browser !== undefined }).toEqual({ curl: true, python: true, browser: true })
})

describe.skipIf(!works('curl'))('curl', () => {
  const curl = async (...args: string[]) => (await run('curl', ['--silent', '--show-error', '--no-buffer', '--max-time', '60', ...args])).stdout

  test('calls, and sees status, stream and refusal', async () => {
    const { http } = await served()
    const json = ['--json', '{"jsonrpc":"2.0","id":1,"method":"say","params":{"text":"hi"}}']
    const plain = ['--header', 'content-type: application/json', '--data', json[1]!]
    expect(await curl(urlOf(http), ...plain)).toBe('{"jsonrpc":"2.0","result":"You said: hi","id":1}')
    expect(await curl(urlOf(http), '--data', json[1]!, '--output', '/dev/null', '--write-out', '%{http_code}')).toBe('415')
    expect(await curl(urlOf(http), '--write-out', '%{http_code}', '--output', '/dev/null')).toBe('405')
    const count = '{"jsonrpc":"2.0","id":1,"method":"count","params":{"to":2}}'
    expect(await curl(urlOf(http), '--header', 'accept: text/event-stream', '--header', 'content-type: application/json', '--data', count))
      .toBe('data: 1\n\ndata: 2\n\nevent: end\ndata: null\n\n')
  })

  test('asks before it sends a large body, and is told', async () => {
    const { http } = await served()
    const large = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'say', params: { text: 'x'.repeat(2_000_000) } })
    const post = (body: string) => new Promise<string>((resolve, reject) => {
      const args = ['--silent', '--show-error', '--max-time', '60', '--header', 'content-type: application/json', '--header', 'expect: 100-continue', '--data-binary', '@-', '--write-out', ' %{http_code}', urlOf(http)]
      const child = execFile('curl', args, { maxBuffer: 1e8 }, (error, stdout) => (error ? reject(error) : resolve(stdout)))
      child.stdin!.on('error', () => {})
      child.stdin!.end(body)
    })
    expect(await post(large)).toMatch(/^\{"jsonrpc":"2.0","result":"You said: x+","id":1\} 200$/)
    expect(await post('x'.repeat(5_000_000))).toMatch(/ 413$/)
  })
})

describe.skipIf(python === undefined)('the urllib of Python', () => {
  const program = `
import json, sys, urllib.request, urllib.error
url = sys.argv[1]
def post(body, headers={}):
    request = urllib.request.Request(url, json.dumps(body).encode(), {'Content-Type': 'application/json', **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()
def call(method, params):
    return {'jsonrpc': '2.0', 'id': 1, 'method': method, 'params': params}
print(post(call('add', [1, 2]))[2])
status, _, text = post(call('no_such', []))
print(status, json.loads(text)['error']['code'])
status, headers, _ = post(call('add', [1, 2]), {'Authorization': 'Bearer x'})
print(status, headers['WWW-Authenticate'])
print(post(call('count', [2]), {'Accept': 'text/event-stream'})[2].replace('\\n', '|'))
print(post({'jsonrpc': '2.0', 'method': 'update', 'params': [1]})[0])
`
  test('calls, and sees status, headers and stream', async () => {
    const { http } = await served()
    const { stdout } = await run(python!, ['-c', program, urlOf(http)])
    expect(stdout.trim().split(/\r?\n/)).toEqual([
      '{"jsonrpc":"2.0","result":3,"id":1}', '404 -32601', '401 Bearer', 'data: 1||data: 2||event: end|data: null||', '204',
    ])
  })
})

describe.skipIf(browser === undefined)('the browser of a page', () => {
  let chrome: Awaited<ReturnType<typeof chromium.launch>>
  // Containers forbid the sandbox, and nothing but our own page is opened.
  beforeAll(async () => {
    chrome = await chromium.launch({ executablePath: browser!, args: ['--no-sandbox'], timeout: 60_000 })
  })
  afterAll(() => chrome?.close())

  /** A page, where it comes from, and what is in it. */
  async function opened(): Promise<{ page: Page; origin: string }> {
    const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>page</title>'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const page = await chrome.newPage()
    onTestFinished(async () => {
      await page.close()
      server.closeAllConnections()
      server.close()
    })
    await page.goto(origin)
    return { page, origin }
  }

  test('calls by fetch: the answer, an error with its status, a notification', async () => {
    const { page, origin } = await opened()
    const { http } = await served({ http: { origins: [origin] } })
    const results = await page.evaluate(async (url) => {
      const post = async (body: object, headers = {}) => {
        const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ jsonrpc: '2.0', ...body }) })
        return `${response.status} ${await response.text()}`
      }
      return [
        await post({ id: 1, method: 'add', params: [1, 2] }),
        await post({ id: 1, method: 'add', params: [1, 2] }, { 'idempotency-key': 'k', 'traceparent': '00-1' }),
        await post({ id: 1, method: 'no_such' }),
        await post({ method: 'update', params: [1] }),
      ]
    }, urlOf(http))
    expect(results).toEqual([
      '200 {"jsonrpc":"2.0","result":3,"id":1}', '200 {"jsonrpc":"2.0","result":3,"id":1}',
      '404 {"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}', '204 ',
    ])
  })

  test('reads a stream by fetch, and slows it down', async () => {
    const { page, origin } = await opened()
    let [made, ended] = [0, false]
    const { http } = await served({ http: { origins: [origin] }, own: { async *feed() {
      try {
        for (; made < 200_000; ) yield `${++made} ${'x'.repeat(1000)}`
      } finally {
        ended = true
      }
    } } })
    await page.evaluate(async (url) => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'feed' })
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', 'accept': 'text/event-stream' }, body })
      const reader = response.body!.getReader()
      await reader.read()
      Object.assign(globalThis, { reader })
    }, urlOf(http))
    expect(await still(() => made)).toBeLessThan(50_000) // of 200 MB
    await page.evaluate(async () => {
      await (globalThis as unknown as { reader: ReadableStreamDefaultReader }).reader.cancel()
    })
    await expect.poll(() => ended).toBe(true)
  })

  test('may not if its origin is not named: neither by fetch nor by WebSocket', async () => {
    const { page } = await opened()
    let runs = 0
    const { http, websocket } = await served({ own: { add: () => ++runs } })
    const results = await page.evaluate(async ([url, socketUrl]) => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'add', params: [1, 2] })
      const tried = async (type: string, mode: 'cors' | 'no-cors') => {
        return fetch(url!, { method: 'POST', mode, headers: { 'content-type': type }, body }).then(({ type }) => type, () => 'refused')
      }
      const socket = new WebSocket(socketUrl!)
      const opened = new Promise((resolve) => {
        socket.onopen = () => resolve('open')
        socket.onerror = () => resolve('refused')
      })
      // What needs no leave is sent; nothing comes of it.
      return [await tried('application/json', 'cors'), await tried('text/plain', 'cors'), await tried('text/plain', 'no-cors'), await opened]
    }, [urlOf(http), urlOf(websocket).replace('http', 'ws')])
    expect(results).toEqual(['refused', 'refused', 'opaque', 'refused'])
    expect(runs).toBe(0)
  })

  test('calls by WebSocket, streams with credit, and slows a stream down', async () => {
    const { page, origin } = await opened()
    let made = 0
    const { websocket } = await served({ websocket: { origins: [origin] }, own: { async *feed() {
      for (; made < 1_000_000; ) yield `${++made} ${'x'.repeat(1000)}`
    } } })
    const results = await page.evaluate(async (url) => {
      const socket = new WebSocket(url)
      const messages: string[] = []
      const news: (() => void)[] = []
      socket.onmessage = ({ data }) => {
        messages.push(data as string)
        for (const wake of news.splice(0)) wake()
      }
      const until = async (found: () => boolean) => {
        while (!found()) await new Promise<void>((resolve) => news.push(resolve))
      }
      await new Promise((resolve) => (socket.onopen = resolve))
      const say = (message: object) => socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }))
      say({ id: 1, method: 'add', params: [1, 2] })
      await until(() => messages.length === 1)
      const items = () => messages.flatMap((text) => (JSON.parse(text) as { params?: { items?: string[] } }).params?.items ?? [])
      say({ id: 2, method: 'feed', meta: { credit: 100 } })
      await until(() => items().length === 100)
      const first = items().length
      say({ method: '$/credit/down', params: { id: 2, credit: 50 } })
      await until(() => items().length === 150)
      Object.assign(globalThis, { say, socket })
      return [messages[0], first, items().at(-1)!.slice(0, 4)]
    }, urlOf(websocket).replace('http', 'ws'))
    expect(results).toEqual(['{"jsonrpc":"2.0","result":3,"id":1}', 100, '150 '])
    // It grants no more, so no more is made; and one more than was sent waits for its credit.
    expect(await still(() => made)).toBeLessThanOrEqual(151)
  })

  test('that stops in a debugger, or a loop, is not written to without end', async () => {
    const { page, origin } = await opened()
    let made = 0
    const { websocket } = await served({ websocket: { origins: [origin] }, own: { async *feed() {
      for (; made < 1_000_000; ) yield `${++made} ${'x'.repeat(1000)}`
    } } })
    const blocked = page.evaluate(async (url) => {
      const socket = new WebSocket(url)
      await new Promise((resolve) => (socket.onopen = resolve))
      let count = 0
      socket.onmessage = () => count++
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'feed', meta: { credit: 1_000_000 } }))
      // The page's own thread does nothing else.
      for (const end = performance.now() + 3000; performance.now() < end; );
      return count
    }, urlOf(websocket).replace('http', 'ws'))
    await expect.poll(() => made).toBeGreaterThan(0)
    const most = await still(() => made)
    expect(most).toBeLessThan(100_000) // of a million, with credit for all of them
    expect(await blocked).toBe(0)
    await page.close() // or the server would wait until it has read all of it
  })
})

/** What a number comes to when nothing moves it any more. */
async function still(number: () => number): Promise<number> {
  for (let before = -1; before !== number(); await delay(300)) before = number()
  return number()
}
