import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import type { IncomingMessage, RequestOptions, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { start } from '@rpc-steps/cli/processes'
import { elapsed, timesOf } from '@rpc-steps/trace'
import type { TraceEvent } from '@rpc-steps/trace'
import { runPath, servePath, tellPath, tokenHeader } from '../lab/messages.ts'
import type { Message, Offer, Standing } from '../lab/messages.ts'
import type { Plan } from '../lab/plan.ts'
import { siteServer } from '../lab/site.ts'
import type { LabOptions } from '../lab/lab.ts'
import { hear, traceOf, untold } from '../theme/lab/story.ts'
import { layout } from '../theme/timeline/layout.ts'

const isWindows = process.platform === 'win32'
const plan: Plan = { step: '02', clients: 1, calls: 2, latency: 20 }
const long: Plan = { ...plan, latency: 1000, calls: 50, clients: 1, step: '04' }
const hanging = new URL('./fixtures/hanging/', import.meta.url)

let folder: string
const servers: Server[] = []

beforeAll(async () => {
  const above = await mkdtemp(join(tmpdir(), 'rpc-steps-site-'))
  folder = join(above, 'dist')
  await mkdir(join(folder, 'assets'), { recursive: true })
  const page = (text: string) => `<html><head></head><body>${text}</body></html>`
  await writeFile(join(above, 'secret.txt'), 'secret')
  await writeFile(join(folder, 'index.html'), page('home'))
  await writeFile(join(folder, 'start.html'), page('start'))
  await writeFile(join(folder, '404.html'), page('nowhere'))
  await writeFile(join(folder, 'assets/app.abc.js'), 'export {}')
})

afterAll(async () => {
  for (const server of servers) server.close().closeAllConnections()
  await rm(join(folder, '..'), { recursive: true, force: true })
})

async function site(options: Omit<LabOptions, 'bound'> = {}, host = '127.0.0.1'): Promise<number> {
  const server = siteServer(folder, options)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  return (server.address() as AddressInfo).port
}

function ask(port: number, path: string, options: RequestOptions = {}, body = '') {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, ...options }, resolve)
    asked.on('error', reject).end(body)
  })
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk as string
  return text
}

/** What the page of a site is offered. */
async function offerOf(port: number): Promise<Offer | undefined> {
  const html = await textOf(await ask(port, '/'))
  const content = /<meta name="rpc-steps-lab" content="([^"]*)">/.exec(html)?.[1]
  return content === undefined ? undefined : (JSON.parse(content.replaceAll('&quot;', '"')) as Offer)
}

/** Posts a plan as a page does. */
async function post(port: number, body: unknown, path = runPath): Promise<IncomingMessage> {
  const headers = { [tokenHeader]: (await offerOf(port))?.token }
  return ask(port, `/${path}`, { method: 'POST', headers }, JSON.stringify(body))
}

/** Says something to the run that goes on; gives the status of the answer, and what it says. */
async function say(port: number, body: unknown): Promise<string> {
  const response = await post(port, body, tellPath)
  return `${response.statusCode} ${(await textOf(response)).trim()}`.trim()
}

async function* messagesOf<M = Message>(response: IncomingMessage): AsyncGenerator<M> {
  for await (const line of createInterface(response)) yield JSON.parse(line) as M
}

async function all(response: IncomingMessage): Promise<Message[]> {
  const messages: Message[] = []
  for await (const message of messagesOf(response)) messages.push(message)
  return messages
}

const eventsOf = (messages: Message[]): TraceEvent[] =>
  messages.flatMap((message) => (message.kind === 'events' ? message.events : []))
const pidsOf = (messages: Message[]) =>
  messages.flatMap((message) => (message.kind === 'started' ? [message.pid] : []))

/** Whether there is a process of this number. Signal 0 only asks. */
function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('a run', () => {
  test.skipIf(isWindows).each<Plan>([
    { step: '01', clients: 2, calls: 2, latency: 20 },
    { step: '01', clients: 2, calls: 1, latency: 20, threads: 2 },
    { step: '03', clients: 2, calls: 2, latency: 20, selector: 'poll' },
    { step: '03', clients: 1, calls: 1, latency: 300, selector: 'spin' },
  ])('streams all that %j does', async (plan) => {
    const response = await post(await site(), plan)
    expect(response.statusCode).toBe(200)
    const messages = await all(response)
    expect(messages.at(-1)).toEqual({ kind: 'ended', ending: 'done', why: '' })

    const events = eventsOf(messages).sort((a, b) => a.ts - b.ts)
    const times = timesOf(events)
    expect(times).toHaveLength(plan.clients * plan.calls)
    for (const { request, total } of times) expect(total).toBeGreaterThanOrEqual(request)
    expect(elapsed(times)).toBeGreaterThanOrEqual(Number(plan.latency))
    expect(events.length).toBeLessThan(1000)

    const output = messages.filter((m) => m.kind === 'output')
    expect(output.find(({ program }) => program === 'server')?.text).toMatch(/^listening on 127/)
    const said = output.filter(({ program }) => program !== 'server').map(({ text }) => text)
    expect(said.join('')).toBe(`${plan.latency}\n`.repeat(plan.clients * plan.calls))
    expect(messages.filter((m) => m.kind === 'exited')).toHaveLength(1 + plan.clients)
    expect(pidsOf(messages).filter(lives)).toEqual([])
  })

  test('of a chain shows all of its servers, each started with the one behind it', async () => {
    const messages = await all(await post(await site(), { step: '07', clients: 1, calls: 1, latency: 20, hops: 3 }))
    expect(messages.at(-1)).toEqual({ kind: 'ended', ending: 'done', why: '' })
    const programs = messages.flatMap((m) => (m.kind === 'started' ? [{ name: m.program, command: m.command }] : []))
    expect(programs.map(({ name }) => name)).toEqual(['server C', 'server B', 'server A', 'client'])
    expect(programs[0]!.command).toBe('npx tsx steps/07-deadlines/server.ts --port 0')
    expect(programs[1]!.command).toMatch(/server\.ts --port 0 --upstream 127\.0\.0\.1:\d+$/)
    const output = messages.filter((m) => m.kind === 'output')
    expect(output.filter(({ program }) => program === 'client').map(({ text }) => text).join('')).toBe('20\n')
    const { lanes } = layout(traceOf(messages.reduce(hear, untold)))
    expect(lanes.map(({ process, rows, asks }) => [process, rows, asks])).toEqual([
      ['client', 1, 0],
      ['server A', 1, 1],
      ['server B', 1, 1],
      ['server C', 1, 0],
    ])
    expect(pidsOf(messages).filter(lives)).toEqual([])
  })

  test('says how a reader would start its programs', async () => {
    const messages = await all(await post(await site(), { ...plan, step: '05', limit: 2 }))
    const commands = messages.flatMap((m) => (m.kind === 'started' ? [m.command] : []))
    expect(commands[0]).toBe('npx tsx steps/05-gather/server.ts --port 0')
    expect(commands[1]).toMatch(
      /^npx tsx steps\/05-gather\/client\.ts --port \d+ --limit 2 sleep '{"ms":20}' sleep '{"ms":20}'$/,
    )
  })

  test('ends when nobody listens any more, and leaves no process', async () => {
    const response = await post(await site(), long)
    const messages: Message[] = []
    for await (const message of messagesOf(response)) {
      messages.push(message)
      if (eventsOf(messages).some(({ cat }) => cat === 'handle')) break
    }
    const pids = pidsOf(messages)
    expect(pids.filter(lives)).toHaveLength(2)
    response.destroy()
    await expect.poll(() => pids.filter(lives)).toEqual([])
  })

  test('that hangs is ended, whatever it does about signals', async () => {
    const port = await site({ limit: 3000, home: hanging })
    const messages = await all(await post(port, plan))
    expect(messages.at(-1)).toEqual({
      kind: 'ended', ending: 'limit', why: 'it was ended after 3 s',
    })
    expect(pidsOf(messages)).not.toEqual([])
    expect(pidsOf(messages).filter(lives)).toEqual([])
  })

  test.skipIf(isWindows)('ends with the server of the site', async () => {
    const server = start(new URL('./fixtures/site.ts', import.meta.url), [folder])
    const port = Number((await server.printed(/^port (\d+)$/m))[1])
    const messages: Message[] = []
    for await (const message of messagesOf(await post(port, long))) {
      messages.push(message)
      if (!eventsOf(messages).some(({ cat }) => cat === 'handle')) continue
      expect(pidsOf(messages).filter(lives)).toHaveLength(2)
      expect(await server.stop('SIGINT')).toEqual({ code: null, signal: 'SIGINT' })
      break
    }
    await expect.poll(() => pidsOf(messages).filter(lives)).toEqual([])
  })

  test('waits for the one before it', async () => {
    const port = await site()
    const first = await post(port, long)
    const second = all(await post(port, plan))
    const messages: Message[] = []
    for await (const message of messagesOf(first)) {
      messages.push(message)
      if (message.kind === 'output') break
    }
    first.destroy()
    const later = await second
    expect(later[0]).toEqual({ kind: 'waiting' })
    expect(later.at(-1)).toMatchObject({ ending: 'done' })
    expect(pidsOf(messages).filter(lives)).toEqual([])
  })

  test('does not wait in a line without end', async () => {
    const port = await site()
    const waiting = []
    for (let i = 0; i < 5; i++) waiting.push(await post(port, long))
    expect((await post(port, long)).statusCode).toBe(429)
    for (const response of waiting) response.destroy()
    await expect.poll(async () => (await post(port, plan)).statusCode).toBe(200)
  })
})

describe('a run that can be changed meanwhile', () => {
  const live: Plan = { step: '08', clients: 2, calls: 1, latency: 200, credit: 4, items: 500 }
  const printed = (messages: Message[], program: string) =>
    messages.flatMap((m) => (m.kind === 'output' && m.program === program ? [m.text] : [])).join('')

  test('is slowed, in all of its clients, and quickened, and stopped', async () => {
    const port = await site()
    const messages: Message[] = []
    // What is said, and what must have come of it before the next is said.
    const script: [unknown, (since: Message[]) => boolean][] = [
      [{ slow: 1000 }, (since) => since.some((m) => m.kind === 'output')],
      [{ slow: 0 }, (since) => ['client 1', 'client 2'].every((name) => printed(since, name).split('\n').length > 15)],
      [{ stop: true }, () => false],
    ]
    let since: Message[] = []
    let come = (since: Message[]) => ['client 1', 'client 2'].every((name) => printed(since, name) !== '')
    for await (const message of messagesOf(await post(port, live))) {
      messages.push(message)
      since.push(message)
      if (script.length === 0 || !come(since)) continue
      const [said, then] = script.shift()!
      expect(await say(port, said)).toBe('204')
      since = []
      come = then
    }
    expect(messages.at(-1)).toEqual({ kind: 'ended', ending: 'done', why: '' })
    const exits = messages.flatMap((m) => (m.kind === 'exited' ? [`${m.program} ${m.code}`] : []))
    expect(exits.sort()).toEqual(['client 1 0', 'client 2 0', 'server 0'])
    for (const name of ['client 1', 'client 2']) {
      const items = printed(messages, name).trim().split('\n').map(Number)
      expect(items.length).toBeLessThan(500)
      expect(items).toEqual(items.map((_, i) => i + 1))
    }
    // The server hears of the end: what it handles is over before the last item.
    const { spans } = layout(traceOf(messages.reduce(hear, untold)))
    expect(spans.filter(({ kind }) => kind === 'handle').map(({ open }) => open)).toEqual([undefined, undefined])
    expect(pidsOf(messages).filter(lives)).toEqual([])
    expect(await say(port, { stop: true })).toBe('409 nothing that could listen is under way')
  })

  test('is told only what it can be told', async () => {
    const port = await site()
    const running = await post(port, { ...live, slow: 100 })
    let asked = false
    for await (const message of messagesOf(running)) {
      if (message.kind !== 'output' || message.program === 'server' || asked) continue
      asked = true
      const wrong = [null, 5, [], {}, { slow: 1001 }, { slow: -1 }, { slow: '5\nstop' }, { stop: 1 }, { credit: 2 }, { slow: 1, stop: true }]
      for (const body of wrong) expect(await say(port, body), JSON.stringify(body)).toMatch(/^400 (?:say \{"slow": from 0 to 1000\}|slow must be)/)
      // Whoever waits in the line and leaves does not take it away from the run.
      const other = (await post(port, live)).on('error', () => {})
      expect(await new Promise((resolve) => other.once('data', (chunk) => resolve(String(chunk))))).toContain('waiting')
      other.destroy()
      expect(await say(port, { stop: true })).toBe('204')
    }
    expect(asked).toBe(true)
  })

  test('is only one whose answers come in pieces', async () => {
    const port = await site()
    const whole = { ...live, latency: 0, items: 500 }
    delete (whole as Partial<Plan>)['credit']
    for await (const message of messagesOf(await post(port, { ...plan, latency: 1000, calls: 1 }))) {
      if (message.kind === 'events') expect(await say(port, { stop: true })).toMatch(/^409/)
    }
    const messages = await all(await post(port, whole))
    expect(printed(messages, 'client 1').split('\n')).toHaveLength(2)
  })
})

describe('a server that stands for a page', () => {
  /** Asks for one, and waits until it is there. */
  async function standing(port: number) {
    const response = await post(port, {}, servePath)
    const messages = messagesOf<Standing>(response)
    const started = (await messages.next()).value as Extract<Standing, { kind: 'started' }>
    const open = (await messages.next()).value as Extract<Standing, { kind: 'open' }>
    expect([started.kind, open.kind]).toEqual(['started', 'open'])
    return { response, messages, ...open, pid: started.pid, command: started.command }
  }
  const call = (url: string, origin: string) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'sleep', params: { ms: 5 } }),
    })

  test('answers that page and no other, tells of its work, and goes when the page does', async () => {
    const port = await site()
    const { response, messages, http, websocket, pid, command } = await standing(port)
    expect(command).toBe(`npx tsx steps/12-standards/server.ts --port 0 --http 0 --websocket 0 --origin http://127.0.0.1:${port}`)
    expect(websocket).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/)
    expect((await call(http, 'http://127.0.0.1:1')).status).toBe(403)
    expect(await (await call(http, `http://127.0.0.1:${port}`)).json()).toEqual({ jsonrpc: '2.0', id: 0, result: 5 })
    const work: TraceEvent[] = []
    for await (const message of messages) {
      if (message.kind === 'events') work.push(...message.events)
      if (work.some(({ ph }) => ph === 'e')) break
    }
    expect(work.map(({ ph, cat, name }) => [ph, cat, name])).toEqual([['b', 'work', 'sleep'], ['e', 'work', 'sleep']])
    response.destroy()
    await expect.poll(() => lives(pid), { timeout: 10_000 }).toBe(false)
  })

  /** What is told to its end. */
  async function toldBy(messages: AsyncIterable<Standing>): Promise<Standing[]> {
    const told: Standing[] = []
    for await (const message of messages) told.push(message)
    return told
  }
  const another = { kind: 'ended', ending: 'failed', why: 'another page has started one of its own' }

  test('takes the place of the one before it', async () => {
    const port = await site()
    const first = await standing(port)
    const second = await standing(port)
    expect(lives(first.pid)).toBe(false)
    expect((await toldBy(first.messages)).at(-1)).toEqual(another)
    second.response.destroy()
  })

  test('is ended after a time', async () => {
    const told = await toldBy(messagesOf<Standing>(await post(await site({ standing: 300 }), {}, servePath)))
    expect(told.at(-1)).toEqual({ kind: 'ended', ending: 'limit', why: 'it was ended after 0.3 s' })
    expect(told.flatMap((message) => (message.kind === 'started' ? [message.pid] : [])).filter(lives)).toEqual([])
  })

  test('of which many ask at once, is one', async () => {
    const port = await site()
    const many = await Promise.all(Array.from({ length: 5 }, () => post(port, {}, servePath)))
    const told = await Promise.all(many.slice(0, -1).map((response) => toldBy(messagesOf<Standing>(response))))
    expect(told.map((messages) => messages.at(-1))).toEqual(Array(4).fill(another))
    for await (const message of messagesOf<Standing>(many.at(-1)!)) if (message.kind === 'open') break
    const started = told.flat().flatMap((message) => (message.kind === 'started' ? [message.pid] : []))
    expect(started.filter(lives)).toEqual([])
    many.at(-1)!.destroy()
  })

  test('that does not start says why', async () => {
    const port = await site({ home: new URL('./fixtures/nowhere/', import.meta.url) })
    const told = await toldBy(messagesOf<Standing>(await post(port, {}, servePath)))
    expect(told.at(-1)).toMatchObject({ kind: 'ended', ending: 'failed', why: expect.stringContaining('ended with 1') })
  })
})

describe('nothing is run for', () => {
  let port: number
  let token: string
  beforeAll(async () => {
    // Whatever it started would hang, and the answer would not end.
    port = await site({ home: hanging })
    token = (await offerOf(port))!.token
  })

  const refused: [string, number, string, () => RequestOptions, unknown?][] = [
    ['a request without the token', 403, 'token', () => ({ headers: {} })],
    ['another token', 403, 'token', () => ({ headers: { [tokenHeader]: 'x'.repeat(32) } })],
    ['a name that somebody else gave us', 403, 'Host', () => ({ headers: { host: 'evil.example' } })],
    ['our name with another port', 403, 'Host', () => ({ headers: { host: 'localhost:1' } })],
    ['a page of another site', 403, 'pages', () => ({ headers: { origin: 'https://evil.example' } })],
    ['a page in a sandbox', 403, 'pages', () => ({ headers: { origin: 'null' } })],
    ['a page of another port', 403, 'pages', () => ({ headers: { origin: 'http://127.0.0.1:1' } })],
    ['a request across sites', 403, 'pages', () => ({ headers: { 'sec-fetch-site': 'cross-site' } })],
    ['a neighbour', 403, 'pages', () => ({ headers: { 'sec-fetch-site': 'same-site' } })],
    ['a GET', 405, 'POST', () => ({ method: 'GET' })],
    ['a body without end', 413, 'bytes', () => ({}), { ...plan, step: '0'.repeat(100_000) }],
    ['what is no plan', 400, 'step must be', () => ({}), { step: '../../bin' }],
    ['what is no JSON', 400, 'JSON', () => ({}), undefined],
  ]
  test.each(refused)('%s', async (_, status, why, options, body = plan) => {
    const { headers, ...more } = { headers: {}, ...options() }
    const ours = { method: 'POST', ...more, headers: { [tokenHeader]: token, ...headers } }
    if (why === 'token') Object.assign(ours, options())
    const text = why === 'JSON' ? '{' : JSON.stringify(body)
    const response = await ask(port, `/${runPath}`, ours, text)
    expect([response.statusCode, await textOf(response)]).toEqual([
      status,
      expect.stringMatching(new RegExp(`^.*${why}.*\n$`)),
    ])
  })

  test.each(refused.filter(([, , why]) => !/step|JSON/.test(why)))('%s: nor is a run told anything, or a server started', async (_, status, why, options, body = { stop: true }) => {
    const { headers, ...more } = { headers: {}, ...options() }
    const ours = { method: 'POST', ...more, headers: { [tokenHeader]: token, ...headers } }
    if (why === 'token') Object.assign(ours, options())
    const response = await ask(port, `/${tellPath}`, ours, JSON.stringify(body))
    expect([response.statusCode, await textOf(response)]).toEqual([status, expect.stringContaining(why)])
    const asked = await ask(port, `/${servePath}`, ours, JSON.stringify(body))
    expect([asked.statusCode, await textOf(asked)]).toEqual([status, expect.stringContaining(why)])
  })

  test('a page that came by another name: it is not even told the token', async () => {
    const page = await textOf(await ask(port, '/', { headers: { host: 'evil.example' } }))
    expect(page).toContain('home')
    expect(page).not.toContain('rpc-steps-lab')
  })

  test('anybody, while other machines can reach the server', async () => {
    const open = await site({ home: hanging }, '0.0.0.0')
    expect(await offerOf(open)).toBeUndefined()
    const response = await ask(open, `/${runPath}`, { method: 'POST' }, JSON.stringify(plan))
    expect([response.statusCode, await textOf(response)]).toEqual([
      403,
      expect.stringContaining('--host'),
    ])
  })
})

describe('the built site', () => {
  test.each([
    ['/', 200, 'text/html; charset=utf-8', 'home'],
    ['/start', 200, 'text/html; charset=utf-8', 'start'],
    ['/start.html?a=b', 200, 'text/html; charset=utf-8', 'start'],
    ['/assets/app.abc.js', 200, 'text/javascript; charset=utf-8', 'export {}'],
    ['/nowhere', 404, 'text/html; charset=utf-8', 'nowhere'],
    ['/assets', 404, 'text/html; charset=utf-8', 'nowhere'],
    ['/../secret.txt', 404, 'text/html; charset=utf-8', 'nowhere'],
    ['/..%2fsecret.txt', 404, 'text/html; charset=utf-8', 'nowhere'],
    ['/%2e%2e/secret.txt', 404, 'text/html; charset=utf-8', 'nowhere'],
    ['/assets/..\\..\\..\\secret.txt', 404, 'text/html; charset=utf-8', 'nowhere'],
    ['//secret.txt', 404, 'text/html; charset=utf-8', 'nowhere'],
    ['/%00', 404, 'text/html; charset=utf-8', 'nowhere'],
    ['/%zz', 404, 'text/html; charset=utf-8', 'nowhere'],
  ])('answers %s with %i', async (path, status, type, text) => {
    const response = await ask(await site(), path)
    expect([response.statusCode, response.headers['content-type']]).toEqual([status, type])
    expect(await textOf(response)).toContain(text)
  })

  test('lives under its base', async () => {
    const port = await site({ base: '/course/' })
    expect((await ask(port, '/course/start.html')).statusCode).toBe(200)
    expect((await ask(port, '/start.html')).statusCode).toBe(404)
    expect((await ask(port, '/course/__lab/run')).statusCode).toBe(403)
  })
})
