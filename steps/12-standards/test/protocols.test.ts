import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import * as http from 'node:http'
import { constants } from 'node:http2'
import * as https from 'node:https'
import * as net from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import * as tls from 'node:tls'
import { credentials, Metadata, status as grpcCodes } from '@grpc/grpc-js'
import { codes, RpcError } from '@rpc-steps/async-await'
import type { Json, RequestContext } from '@rpc-steps/async-await'
import { start } from '@rpc-steps/cli/processes'
import type { Running } from '@rpc-steps/cli/processes'
import { idempotent } from '@rpc-steps/resilience'
import { readCredentials } from '@rpc-steps/security'
import type { Credentials } from '@rpc-steps/security'
import { fillFolder } from '@rpc-steps/security/certificates'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { protocols, rowOfGrpc, rowOfHttp, statuses } from '../src/index.ts'
import { plain, stranger } from './grpc-support.ts'
import { deferred, open, opened } from './support.ts'
import type { Served } from './support.ts'

/** What the server saw of the test's calls. */
let seen: { begun: ReturnType<typeof deferred<void>>; ended: ReturnType<typeof deferred<unknown>>; made: number; runs: number }
beforeEach(() => {
  seen = { begun: deferred(), ended: deferred<unknown>(), made: 0, runs: 0 }
})

const item = 'x'.repeat(10_000)
/** Of them that would be 100 MB, if nobody stopped it. */
const most = 10_000

const own = {
  async wait(_: unknown, context: RequestContext) {
    const { begun, ended } = seen
    context.signal.addEventListener('abort', () => ended.resolve(context.signal.reason))
    begun.resolve()
    await context.sleep(60_000)
  },
  async *feed() {
    const mine = seen
    try {
      for (mine.begun.resolve(); mine.made < most; mine.made++) yield item
    } finally {
      mine.ended.resolve('left')
    }
  },
  note: () => ++seen.runs,
  give: ({ params }: { params?: unknown }) => {
    const { code, data } = params as { code: number; data: Json }
    throw new RpcError(code, 'so it is', data)
  },
}

let at: Served
let behindTls: Served
let folder: string
let mcp: Running
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'standards-'))
  mcp = start(new URL('../mcp.ts', import.meta.url))
  await fillFolder(folder)
  at = await opened({ own, around: idempotent })
  behindTls = await opened({ certificates: folder })
})
afterAll(async () => {
  await mcp.stop()
  await Promise.all([at.server.close(), behindTls.server.close()])
  await rm(folder, { recursive: true, force: true })
})

const shownBy = (name?: string) => readCredentials(folder, name)
const tokenOf = async (name: string) => (await readFile(join(folder, `${name}.token`), 'utf8')).trim()
const ada = { name: 'ada', by: 'certificate' }
const bob = { name: 'bob', by: 'token' }

/** How much has been made, once nothing moves any more. */
async function stuck(): Promise<number> {
  await seen.begun.promise
  for (let before = -1; before !== seen.made; ) {
    before = seen.made
    await delay(100)
  }
  return seen.made
}

/** It was held up after less than the kernel and we can keep of it, and goes on when it is read. */
async function heldUp(goOn: () => void): Promise<void> {
  const made = await stuck()
  expect(made).toBeLessThan(most / 4)
  goOn()
  await expect.poll(() => seen.made).toBeGreaterThan(made)
}

interface Message {
  id?: number
  method?: string
  params?: { [name: string]: Json }
  result?: Json
  error?: { code: number; data?: Json }
}

/** One end of a connection on which each message is a JSON text. */
interface Line {
  say(message: object): void
  readonly heard: Message[]
  readonly pause: () => void
  readonly resume: () => void
}

const replyTo = async ({ heard }: Line, id: number): Promise<Message> => {
  await expect.poll(() => heard.some((message) => message.id === id && !message.method)).toBe(true)
  return heard.find((message) => message.id === id && !message.method)!
}

const asText = (message: object) => JSON.stringify({ jsonrpc: '2.0', ...message })

function overLines(readable: Readable, write: (text: string) => void): Line {
  const heard: Message[] = []
  let rest = ''
  readable.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    heard.push(...lines.map((line) => JSON.parse(line) as Message))
  })
  return { heard, say: (message) => write(`${asText(message)}\n`), pause: () => readable.pause(), resume: () => readable.resume() }
}

async function tcp(shown?: Credentials): Promise<Line> {
  const socket = shown ? tls.connect({ ...behindTls.tcp, ...shown }) : net.connect(at.tcp)
  onTestFinished(() => void socket.destroy())
  await once(socket, shown ? 'secureConnect' : 'connect')
  return overLines(socket, (text) => socket.write(text))
}

async function webSocket(shown?: Credentials): Promise<Line> {
  const { host, port } = shown ? behindTls.websocket : at.websocket
  const socket = new WebSocket(`${shown ? 'wss' : 'ws'}://${host}:${port}/`, { perMessageDeflate: false, ...shown })
  onTestFinished(() => socket.terminate())
  const heard: Message[] = []
  socket.on('message', (data) => heard.push(JSON.parse(String(data)) as Message))
  await once(socket, 'open')
  return { heard, say: (message) => socket.send(asText(message)), pause: () => socket.pause(), resume: () => socket.resume() }
}

/** A request of HTTP, as far as its head. */
async function post(message: object, { shown, headers = {}, signal }: { shown?: Credentials; headers?: http.OutgoingHttpHeaders; signal?: AbortSignal } = {}): Promise<http.IncomingMessage> {
  const options = { method: 'POST', agent: false, headers: { 'content-type': 'application/json', ...headers }, ...(signal && { signal }) } as const
  const request = shown ? https.request({ ...behindTls.http, ...options, ...shown }) : http.request({ ...at.http, ...options })
  request.end(asText(message))
  const [response] = await once(request, 'response') as [http.IncomingMessage]
  onTestFinished(() => void response.destroy())
  return response.setEncoding('utf8')
}

const textOf = async (response: http.IncomingMessage) => (await response.toArray()).join('')
const replyIn = async (response: http.IncomingMessage) => JSON.parse(await textOf(response)) as Message
const events = { accept: 'text/event-stream' }

const grpc = (shown?: Credentials) => (shown
  ? stranger(behindTls.grpc, open, credentials.createSsl(Buffer.from(String(shown.ca)), ...(shown.key ? [Buffer.from(String(shown.key)), Buffer.from(String(shown.cert))] : [])))
  : stranger(at.grpc, open))
const metadataOf = (name: string, value: string) => {
  const metadata = new Metadata()
  metadata.set(name, value)
  return metadata
}

let last = 0
const pipe = { line: undefined as Line | undefined }
/** Has a tool called by the one program that serves them. */
function tool(name: string, given: object = {}, meta: object = {}): { id: number; reply: Promise<Message> } {
  const line = pipe.line ??= overLines(mcp.process.stdout!, (text) => mcp.process.stdin!.write(text))
  const id = ++last
  line.say({ id, method: 'tools/call', params: { name, arguments: given, _meta: meta } })
  return { id, reply: replyTo(line, id) }
}

type Checks = Readonly<Record<string, () => Promise<void>>>

/** What gRPC calls a value that is null. */
const nothing = Buffer.from([0x08, 0])

/** What a peer is asked in its own words, whatever carries them. */
const peers = (dial: (shown?: Credentials) => Promise<Line>): Checks => ({
  'Deadline: `meta.timeoutMs`': async () => {
    const line = await dial()
    line.say({ id: 1, method: 'wait', meta: { timeoutMs: 50 } })
    expect(await replyTo(line, 1)).toMatchObject({ error: { code: codes.deadlineExceeded } })
    expect(await seen.ended.promise).toMatchObject({ code: codes.deadlineExceeded })
  },
  'Cancel: `$/cancelRequest`': async () => {
    const line = await dial()
    line.say({ id: 1, method: 'wait' })
    await seen.begun.promise
    line.say({ method: '$/cancelRequest', params: { id: 1 } })
    expect(await replyTo(line, 1)).toMatchObject({ error: { code: codes.requestCancelled } })
    expect(await seen.ended.promise).toMatchObject({ code: codes.requestCancelled })
  },
  'Who asks: certificate, `meta.token`': async () => {
    const [known, nobody] = [await dial(await shownBy('ada')), await dial(await shownBy())]
    known.say({ id: 1, method: 'whoami' })
    expect(await replyTo(known, 1)).toMatchObject({ result: ada })
    nobody.say({ id: 1, method: 'whoami', meta: { token: await tokenOf('bob') } })
    expect(await replyTo(nobody, 1)).toMatchObject({ result: bob })
  },
  'Stream down: `$/stream/down`': async () => {
    const line = await dial()
    line.say({ id: 1, method: 'count', params: [3], meta: { credit: 10 } })
    expect(await replyTo(line, 1)).toMatchObject({ result: null })
    const pieces = line.heard.filter(({ method, params }) => method === '$/stream/down' && params!['id'] === 1)
    expect(pieces.flatMap(({ params }) => params!['items'])).toEqual([1, 2, 3])
  },
  'Stream up: `$/stream/up`': async () => {
    const line = await dial()
    line.say({ id: 1, method: 'total', meta: { stream: true } })
    await expect.poll(() => line.heard.some(({ method }) => method === '$/credit/up')).toBe(true)
    line.say({ method: '$/stream/up', params: { id: 1, items: [1, 2] } })
    line.say({ method: '$/stream/up', params: { id: 1, items: [3] } })
    line.say({ method: '$/stream/up', params: { id: 1, end: true } })
    expect(await replyTo(line, 1)).toMatchObject({ result: 6 })
  },
  'Back-pressure: credit, then TCP': async () => {
    const line = await dial()
    line.say({ id: 1, method: 'feed', meta: { credit: 3 } })
    const items = () => line.heard.flatMap(({ params }) => params?.['items'] as Json[] ?? [])
    await expect.poll(() => items().length).toBe(3)
    // The next one may have been made, and waits.
    expect(await stuck()).toBeLessThanOrEqual(3)
    expect(items()).toHaveLength(3)
    line.pause()
    line.say({ method: '$/credit/down', params: { id: 1, credit: most } })
    await expect.poll(() => seen.made).toBeGreaterThan(3)
    await heldUp(line.resume)
  },
  'Idempotency key: `meta.idempotencyKey`': async () => {
    const line = await dial()
    const meta = { idempotencyKey: crypto.randomUUID() }
    for (const id of [1, 2]) line.say({ id, method: 'note', meta })
    expect([await replyTo(line, 1), await replyTo(line, 2)]).toMatchObject([{ result: 1 }, { result: 1 }])
  },
})

const checks: Readonly<Record<'jsonRpc' | 'http' | 'webSocket' | 'grpc' | 'mcp', Checks>> = {
  jsonRpc: peers(tcp),
  webSocket: peers(webSocket),
  http: {
    'Deadline: `meta.timeoutMs` in the body': async () => {
      const response = await post({ id: 1, method: 'wait', meta: { timeoutMs: 50 } })
      expect(response.statusCode).toBe(504)
      expect(await seen.ended.promise).toMatchObject({ code: codes.deadlineExceeded })
    },
    'Cancel: the connection or the stream ends': async () => {
      const enough = new AbortController()
      const response = post({ id: 1, method: 'wait' }, { signal: enough.signal })
      await seen.begun.promise
      enough.abort()
      await expect(response).rejects.toThrow()
      expect(await seen.ended.promise).toBeInstanceOf(Error)

      seen = { ...seen, begun: deferred(), ended: deferred<unknown>() }
      const stream = await post({ id: 1, method: 'feed' }, { headers: events })
      await once(stream, 'data')
      stream.destroy()
      expect(await seen.ended.promise).toBe('left')
      expect(seen.made).toBeLessThan(most)
    },
    'Who asks: certificate, `Authorization: Bearer`': async () => {
      const message = { id: 1, method: 'whoami' }
      expect(await replyIn(await post(message, { shown: await shownBy('ada') }))).toMatchObject({ result: ada })
      const headers = { authorization: `Bearer ${await tokenOf('bob')}` }
      expect(await replyIn(await post(message, { shown: await shownBy(), headers }))).toMatchObject({ result: bob })
    },
    'Stream down: server-sent events': async () => {
      const response = await post({ id: 1, method: 'count', params: [2] }, { headers: events })
      expect(response.headers['content-type']).toMatch(/^text\/event-stream/)
      expect(await textOf(response)).toBe('data: 1\n\ndata: 2\n\nevent: end\ndata: null\n\n')
    },
    'Stream up: none': async () => {
      // Whoever announces one is told that none has come.
      const response = await post({ id: 1, method: 'total', meta: { stream: true } })
      expect(response.statusCode).toBe(400)
      expect(await replyIn(response)).toMatchObject({ error: { code: codes.invalidParams, data: /reads a stream/ } })
    },
    'Back-pressure: TCP': async () => {
      const response = await post({ id: 1, method: 'feed' }, { headers: events })
      await heldUp(() => response.resume())
    },
    'Idempotency key: `Idempotency-Key`': async () => {
      const headers = { 'idempotency-key': crypto.randomUUID() }
      for (let i = 0; i < 2; i++) expect(await replyIn(await post({ id: i, method: 'note' }, { headers }))).toMatchObject({ result: 1 })
    },
  },
  grpc: {
    'Deadline: `grpc-timeout`': async () => {
      const [headers] = await once(plain(at.grpc).request('Wait', { 'grpc-timeout': '50m' }, nothing), 'response') as [{ [name: string]: unknown }]
      expect(headers['grpc-status']).toBe('4')
      expect(await seen.ended.promise).toMatchObject({ code: codes.deadlineExceeded })
      const { status } = await grpc().unary('wait', [], { deadline: Date.now() + 50 })
      expect(status.code).toBe(4)
    },
    'Cancel: RST_STREAM': async () => {
      const call = plain(at.grpc).request('Wait', {}, nothing)
      await seen.begun.promise
      call.close(constants.NGHTTP2_CANCEL)
      expect(await seen.ended.promise).toMatchObject({ code: codes.requestCancelled })
    },
    'Who asks: certificate, `authorization`': async () => {
      expect(await grpc(await shownBy('ada')).unary('whoami', {})).toMatchObject({ value: ada })
      const metadata = metadataOf('authorization', `Bearer ${await tokenOf('bob')}`)
      expect(await grpc(await shownBy()).unary('whoami', {}, { metadata })).toMatchObject({ value: bob })
    },
    'Stream down: a server stream': async () => {
      const them = grpc()
      const items = await them.down('count', { to: 3 }).toArray() as Buffer[]
      expect(items.map((bytes) => them.of('count').responses.read(bytes))).toEqual([1, 2, 3])
    },
    'Stream up: a client stream': async () => {
      const them = grpc()
      const answer = deferred<Buffer | undefined>()
      const call = them.up('total', (error, bytes) => answer.resolve(error ? undefined : bytes))
      for (const n of [1, 2, 3]) call.write(them.of('total').requests.write(n))
      call.end()
      expect(them.of('total').responses.read((await answer.promise)!)).toBe(6)
    },
    'Back-pressure: HTTP/2 windows': async () => {
      const { client, request } = plain(at.grpc)
      const call = request('Feed', {}, nothing)
      const made = await stuck()
      // One window is 64 KiB, and that much is kept at each end once more: no kernel's buffer is full by that.
      expect(made * item.length).toBeLessThan(1_000_000)
      // So another stream on this connection is not held up.
      const [headers] = await once(request('Add'), 'response') as [{ [name: string]: unknown }]
      expect(headers[':status']).toBe(200)
      call.resume()
      await expect.poll(() => seen.made).toBeGreaterThan(made)
      client.destroy()
    },
    'Idempotency key: `idempotency-key`': async () => {
      const metadata = metadataOf('idempotency-key', crypto.randomUUID())
      for (let i = 0; i < 2; i++) expect(await grpc().unary('note', [], { metadata })).toMatchObject({ value: 1 })
    },
  },
  mcp: {
    'Deadline: `_meta.timeoutMs`': async () => {
      const { reply } = tool('sleep', { ms: 60_000 }, { timeoutMs: 50 })
      expect(await reply).toMatchObject({ result: { isError: true, _meta: { error: { code: codes.deadlineExceeded } } } })
    },
    'Cancel: `notifications/cancelled`': async () => {
      const { id, reply } = tool('sleep', { ms: 60_000 })
      pipe.line!.say({ method: 'notifications/cancelled', params: { requestId: id } })
      expect(await reply).toMatchObject({ error: { code: codes.requestCancelled } })
    },
    'Who asks: who started it': async () => {
      const { reply } = tool('whoami', {}, { token: await tokenOf('bob') })
      expect(await reply).toMatchObject({ result: { structuredContent: { result: { name: userInfo().username, by: 'process' } } } })
    },
    'Stream down: an array': async () => {
      expect(await tool('count', { to: 3 }).reply).toMatchObject({ result: { structuredContent: { result: [1, 2, 3] } } })
    },
    'Stream up: none': async () => {
      expect(await tool('total').reply).toMatchObject({ error: { code: codes.invalidParams } })
    },
    'Back-pressure: the pipe': async () => {
      const { stdin } = mcp.process
      pipe.line!.pause()
      const text = 'x'.repeat(500_000)
      const replies = Array.from({ length: 20 }, () => tool('say', { text }).reply)
      for (let before = -1; before !== stdin!.writableLength; ) {
        before = stdin!.writableLength
        await delay(200)
      }
      // Nobody reads what it says, so it has stopped reading what is said to it.
      expect(stdin!.writableLength).toBeGreaterThan(10 * text.length)
      pipe.line!.resume()
      for (const reply of await Promise.all(replies)) expect(reply.error).toBeUndefined()
    },
    'Idempotency key: `_meta.idempotencyKey`': async () => {
      const meta = { idempotencyKey: crypto.randomUUID() }
      expect(await tool('say', { text: 'a' }, meta).reply).toMatchObject({ result: { structuredContent: { result: 'You said: a' } } })
      // To say something else by it is a mistake, which only who has kept it can see.
      expect(await tool('say', { text: 'b' }, meta).reply).toMatchObject({ result: { _meta: { error: { code: codes.invalidParams } } } })
    },
  },
}

describe.each(Object.keys(checks) as (keyof typeof checks)[])('in the column %s', (language) => {
  const cells = protocols.map((row) => `${row.what}: ${row[language]}`)

  test.each(cells)('%s', async (cell) => {
    const check = checks[language][cell]
    if (!check) throw new Error(`nothing looks whether this is so: write a check for "${cell}" of ${language} in protocols.test.ts`)
    await check()
  })

  test('there is no more than that', () => {
    expect(cells).toEqual(expect.arrayContaining(Object.keys(checks[language])))
  })
})

/** What HTTP calls them, which the table does not say; of 499 it has not heard. */
const phrases: Readonly<Record<string, string>> = {
  INVALID_ARGUMENT: 'Bad Request', UNAUTHENTICATED: 'Unauthorized', PERMISSION_DENIED: 'Forbidden', UNIMPLEMENTED: 'Not Found',
  RESOURCE_EXHAUSTED: 'Too Many Requests', CANCELLED: 'unknown', INTERNAL: 'Internal Server Error', UNAVAILABLE: 'Service Unavailable',
  DEADLINE_EXCEEDED: 'Gateway Timeout', UNKNOWN: 'Internal Server Error',
}

describe('statuses', () => {
  test.each(statuses)('$status is $code, $http and $grpc', async ({ status, code, http, grpc: number }) => {
    const params = { code, data: { status } }
    const line = await tcp()
    line.say({ id: 1, method: 'give', params })
    expect(await replyTo(line, 1)).toMatchObject({ error: { code, data: { status } } })
    const response = await fetch(`http://${at.http.host}:${at.http.port}/`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: asText({ id: 1, method: 'give', params }),
    })
    expect(response).toMatchObject({ status: http, statusText: phrases[status] })
    expect(await response.json()).toMatchObject({ error: { code, data: { status } } })
    expect((await grpc().unary('give', params)).status.code).toBe(number)
    expect(number).toBe(grpcCodes[status])
  })

  test('of a number there is one row, and UNKNOWN is for all others', () => {
    expect(new Set(statuses.map(({ grpc }) => grpc)).size).toBe(statuses.length)
    for (const row of statuses) expect(rowOfGrpc(row.grpc)).toBe(row)
    // An error of the service's own is a 500, too.
    for (const row of statuses.slice(0, -1)) expect(rowOfHttp(row.http)).toBe(row)
    expect([rowOfGrpc(99), rowOfHttp(418)]).toMatchObject([{ status: 'UNKNOWN' }, { status: 'UNKNOWN' }])
  })
})
