import * as http from 'node:http'
import { setImmediate as turnOver, setTimeout as delay } from 'node:timers/promises'
import { codes, RpcError } from '@rpc-steps/async-await'
import type { Address } from '@rpc-steps/async-await'
import { Admission, gate } from '@rpc-steps/security'
import { createFramer } from '@rpc-steps/wire'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { httpDoor, statuses } from '../src/index.ts'
import { deferred, loopback, raw, served } from './support.ts'
import type { Options } from './support.ts'

const json = 'application/json'
const origin = 'https://page.example'
const add = { jsonrpc: '2.0', id: 1, method: 'add', params: [1, 2] }
const sum = '{"jsonrpc":"2.0","result":3,"id":1}'

interface Response {
  status: number
  headers: http.IncomingHttpHeaders
  text: string
}

/** Sends one request; a body that is no text is sent as JSON. */
function send(at: Address, body: unknown, { method = 'POST', path = '/', headers = {} }: Partial<http.RequestOptions> = {}): Promise<Response> {
  return new Promise((resolve, reject) => {
    const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
    const request = http.request({ ...at, method, path, agent: false, headers: { 'content-type': json, ...headers } }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text: String(Buffer.concat(chunks)) }))
    })
    request.on('error', reject)
    request.end(text)
  })
}

const post = (headers: string, body: string) => `POST / HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n${headers}\r\n${body}`
const lengthOf = (body: string) => `Content-Length: ${Buffer.byteLength(body)}\r\n`
const whole = (body: object, headers = '') => post(`${headers}${lengthOf(JSON.stringify(body))}`, JSON.stringify(body))

/** The statuses of the responses in what came, in order. */
const statusesIn = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))

const quiet = () => {
  const spy = vi.spyOn(console, 'error').mockReturnValue()
  onTestFinished(() => spy.mockRestore())
  return spy
}

async function serving(options: Options = {}): Promise<Address> {
  return (await served(options)).http
}

describe('a request', () => {
  test('gets the reply, and its status', async () => {
    const at = await serving()
    expect(await send(at, add)).toMatchObject({ status: 200, text: sum, headers: { 'content-type': json, 'content-length': String(sum.length) } })
    expect(await send(at, { ...add, id: 'é' })).toMatchObject({ status: 200, text: '{"jsonrpc":"2.0","result":3,"id":"é"}' })
  })

  test.each(statuses)('that ends with $status has HTTP status $http', async ({ status, code, http }) => {
    const at = await serving({ own: { give: () => {
      throw new RpcError(code, 'no', { status, retryAfterMs: 1001 })
    } } })
    const response = await send(at, { jsonrpc: '2.0', id: 1, method: 'give' })
    expect(response).toMatchObject({ status: http, headers: { 'retry-after': '2' } })
    expect(JSON.parse(response.text)).toMatchObject({ id: 1, error: { code, data: { status } } })
    expect(response.headers['www-authenticate']).toBe(http === 401 ? 'Bearer' : undefined)
  })

  test.each([
    ['no JSON', '{"jsonrpc": "2.0", "method"', codes.parseError],
    ['nothing', '', codes.parseError],
    ['no UTF-8', Buffer.from('{"jsonrpc":"2.0","id":1,"method":"say","params":["\xff"]}', 'latin1'), codes.parseError],
    ['no request', { jsonrpc: '2.0', method: 1, id: 1 }, codes.invalidRequest],
    ['of another version', { ...add, jsonrpc: '1.0' }, codes.invalidRequest],
    ['with an unsafe id', '{"jsonrpc":"2.0","method":"add","id":9007199254740993}', codes.invalidRequest],
    ['with a wrong meta', { ...add, meta: { timeoutMs: '5' } }, codes.invalidRequest],
    ['too deep', `{"jsonrpc":"2.0","id":1,"method":"sum","params":[${'['.repeat(200)}${']'.repeat(200)}]}`, codes.invalidRequest],
    ['an empty batch', '[]', codes.invalidRequest],
    ['a batch that is too large', Array.from({ length: 101 }, () => add), codes.invalidRequest],
  ])('that is %s gets 400, and says why', async (_, body, code) => {
    const response = await send(await serving(), body)
    expect(response.status).toBe(400)
    expect(JSON.parse(response.text)).toMatchObject({ error: { code } })
  })

  test('in a batch is answered with the others, by 200; two with one id are told apart from twice the same', async () => {
    const at = await serving()
    const response = await send(at, [add, { ...add, id: 2, method: 'no such' }, { jsonrpc: '2.0', method: 'update', params: [1] }, 1])
    expect(response.status).toBe(200)
    const replies = JSON.parse(response.text) as { id: unknown; result?: unknown; error?: { code: number } }[]
    const lines = replies.map(({ id, result, error }) => `${id}: ${error?.code ?? result}`)
    expect(lines.sort()).toEqual(['1: 3', '2: -32601', 'null: -32600'])
    const sleep = { jsonrpc: '2.0', id: 1, method: 'sleep', params: [10] }
    const twice = JSON.parse((await send(at, [sleep, sleep])).text) as { error?: { code: number } }[]
    expect(twice.map(({ error }) => error?.code ?? 0).sort()).toEqual([-32600, 0])
  })

  test('counts with its characters while it runs, and a batch counts once', async () => {
    quiet()
    const at = await serving({ 'in-flight-size': 1000 })
    const slow = (id: number) => ({ jsonrpc: '2.0', id, method: 'sleep', params: [200], meta: { more: 'x'.repeat(250) } })
    const { text } = await send(at, [slow(1), slow(2), slow(3)])
    expect((JSON.parse(text) as object[]).filter((reply) => 'result' in reply)).toHaveLength(3)
    const client = await raw(at, whole(slow(1)) + whole([slow(2), slow(3)]) + whole(slow(4)))
    await expect.poll(() => statusesIn(client.text())).toEqual([200, 200, 429])
  })

  test('that is a notification gets 204, and runs; so does a batch of them', async () => {
    const [once, twice] = [deferred(), deferred()]
    let heard = 0
    const at = await serving({ own: { note: () => {
      heard++
      if (heard === 1) once.resolve()
      if (heard === 3) twice.resolve()
    } } })
    const note = { jsonrpc: '2.0', method: 'note' }
    expect(await send(at, note)).toMatchObject({ status: 204, text: '' })
    await once.promise
    expect(await send(at, [note, note])).toMatchObject({ status: 204, text: '' })
    await twice.promise
    // A reply to nothing is none of ours to answer.
    expect(await send(at, { jsonrpc: '2.0', id: 1, result: 3 })).toMatchObject({ status: 204, text: '' })
  })
})

describe('what is said in the headers', () => {
  const show: Options = { own: { show: ({ meta, traceparent, tracestate }) => ({ ...meta, traceparent: traceparent ?? null, tracestate: tracestate ?? null }) } }
  const ask = { jsonrpc: '2.0', id: 1, method: 'show' }
  const resultOf = ({ text }: Response) => (JSON.parse(text) as { result: unknown }).result

  test('stands beside the request', async () => {
    const headers = { 'idempotency-key': 'k', 'traceparent': '00-1', 'tracestate': 'a=b' }
    const response = await send(await serving(show), { ...ask, meta: { priority: 3 } }, { headers })
    expect(resultOf(response)).toEqual({ idempotencyKey: 'k', priority: 3, traceparent: '00-1', tracestate: 'a=b' })
  })

  test.each([
    ['authorization', 'Bearer t', { meta: { token: 't' } }],
    ['idempotency-key', 'k', { meta: { idempotencyKey: 'k' } }],
    ['traceparent', '00-1', { traceparent: '00-1' }],
    ['tracestate', 'a=b', { tracestate: 'a=b' }],
  ])('and not in the body as well: %s', async (name, value, beside) => {
    const response = await send(await serving(show), { ...ask, ...beside }, { headers: { [name]: value } })
    expect(response.status).toBe(400)
    expect(JSON.parse(response.text)).toMatchObject({ id: 1, error: { code: codes.invalidRequest, data: expect.stringContaining('among the headers') as string } })
  })

  test.each([
    ['authorization', ['Bearer t', 'Bearer u']], ['idempotency-key', ['k', 'k']],
  ])('nor twice among the headers: %s', async (name, values) => {
    const response = await send(await serving(show), ask, { headers: { [name]: values } })
    expect(response.status).toBe(400)
    expect(JSON.parse(response.text)).toMatchObject({ id: 1, error: { code: codes.invalidRequest, data: expect.stringContaining('more than once') as string } })
  })

  test('and a key is not for a whole batch', async () => {
    const response = await send(await serving(show), [ask, { ...ask, id: 2 }], { headers: { 'idempotency-key': 'k' } })
    expect(JSON.parse(response.text)).toMatchObject([{ error: { code: codes.invalidRequest } }, { error: { code: codes.invalidRequest } }])
  })

  test('credit in the body is none here: no filter believes it', async () => {
    expect(resultOf(await send(await serving(show), { ...ask, meta: { credit: 5, stream: true } }))).toEqual({ traceparent: null, tracestate: null })
  })

  test.each(['Bearer x', 'bearer x', 'Basic eDp5', 'x'])('a token that nobody knows is 401: %s', async (authorization) => {
    quiet()
    const response = await send(await serving(), add, { headers: { authorization } })
    expect(response).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
    expect(JSON.parse(response.text)).toMatchObject({ error: { code: codes.unauthenticated } })
  })
})

describe('what is no request for us', () => {
  const other = (method: string) => ({ method, headers: { 'content-type': json } })
  test.each<[string, Partial<http.RequestOptions>, number, object]>([
    ['GET', other('GET'), 405, { allow: 'OPTIONS, POST' }],
    ['HEAD', other('HEAD'), 405, { allow: 'OPTIONS, POST' }],
    ['PUT', other('PUT'), 405, { allow: 'OPTIONS, POST' }],
    ['TRACE', other('TRACE'), 405, {}],
    ['another path', { path: '/rpc' }, 404, {}],
    ['a path that looks like ours', { path: '//' }, 404, {}],
    ['text/plain, which a page may send unasked', { headers: { 'content-type': 'text/plain' } }, 415, { 'accept-post': json }],
    ['a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415, {}],
    ['another charset', { headers: { 'content-type': 'application/json; charset=latin1' } }, 415, {}],
    ['what only begins like JSON', { headers: { 'content-type': 'application/jsonp' } }, 415, {}],
    ['a compressed body', { headers: { 'content-encoding': 'gzip' } }, 415, { 'accept-encoding': 'identity' }],
    ['who wants HTML', { headers: { accept: 'text/html' } }, 406, {}],
    ['who wants anything but JSON', { headers: { accept: 'application/json;q=0' } }, 406, {}],
    ['a page of elsewhere', { headers: { origin: 'https://evil.example' } }, 403, {}],
    ['a page of nowhere', { headers: { origin: 'null' } }, 403, {}],
    ['an expectation that nobody knows', { headers: { expect: 'cake' } }, 417, {}],
  ])('%s', async (_, options, status, headers) => {
    const at = await serving({ http: { origins: [origin] } })
    const response = await send(at, add, options)
    expect(response).toMatchObject({ status, headers })
    expect(response.headers['access-control-allow-origin']).toBeUndefined()
    if (response.text !== '' && status !== 417) expect(JSON.parse(response.text)).toMatchObject({ id: null, error: { code: codes.invalidRequest } })
    expect(await send(at, add)).toMatchObject({ status: 200, text: sum })
  })

  test.each([
    'application/json; charset=utf-8', 'APPLICATION/JSON;charset="UTF-8"', 'application/json ; charset=utf8',
  ])('but this is JSON: %s', async (type) => {
    expect(await send(await serving(), add, { headers: { 'content-type': type } })).toMatchObject({ status: 200 })
  })

  test.each(['*/*', 'application/*', 'text/html, application/json;q=0.1', 'text/event-stream, */*;q=0.1'])('and here JSON will do: %s', async (accept) => {
    expect(await send(await serving(), add, { headers: { accept } })).toMatchObject({ status: 200, headers: { 'content-type': json } })
  })
})

describe('pages', () => {
  test('of an origin that is named may call, and read the answer', async () => {
    const at = await serving({ http: { origins: ['http://other.example', origin] } })
    const asks = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' }
    const preflight = await send(at, '', { method: 'OPTIONS', headers: asks })
    expect(preflight).toMatchObject({ status: 204, headers: {
      'access-control-allow-origin': origin, 'access-control-allow-methods': 'POST', 'vary': 'Origin',
      'access-control-allow-headers': expect.stringMatching(/Authorization, Content-Type/) as string,
    } })
    expect(await send(at, add, { headers: { origin } })).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': origin, 'vary': 'Origin' } })
    // Errors can be read as well.
    expect(await send(at, '{', { headers: { origin } })).toMatchObject({ status: 400, headers: { 'access-control-allow-origin': origin } })
    expect(await send(at, '{', { path: '/x', headers: { origin } })).toMatchObject({ status: 404, headers: { 'access-control-allow-origin': origin } })
  })

  test.each(['https://page.example.evil.example', 'https://PAGE.example', 'https://page.example:444', 'http://page.example', 'https://page.example/'])('of another may not: %s', async (origin) => {
    const at = await serving({ http: { origins: ['https://page.example'] } })
    for (const method of ['OPTIONS', 'POST']) {
      const response = await send(at, add, { method, headers: { origin } })
      expect(response.status).toBe(403)
      expect(response.headers['access-control-allow-origin']).toBeUndefined()
    }
  })

  test('no page may if none is named, not even one that thinks it is from here', async () => {
    const at = await serving()
    expect((await send(at, add, { headers: { origin: `http://127.0.0.1:${at.port}` } })).status).toBe(403)
    expect((await send(at, add, { headers: { 'host': `evil.example:${at.port}`, 'origin': `http://evil.example:${at.port}` } })).status).toBe(403)
  })

  test('who asks what there is, is told', async () => {
    expect(await send(await serving(), '', { method: 'OPTIONS' })).toMatchObject({ status: 204, headers: { allow: 'OPTIONS, POST' } })
  })
})

describe('server-sent events', () => {
  const events = { headers: { accept: 'text/event-stream' } }

  test('each item is an event, and the end is one', async () => {
    const response = await send(await serving(), { ...add, method: 'count', params: [3] }, events)
    expect(response).toMatchObject({ status: 200, headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } })
    expect(response.text).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\nevent: end\ndata: null\n\n')
  })

  test('an item with line ends in it is one line', async () => {
    const at = await serving({ own: { async *feed () {
      yield 'a\nb\r\n\n\u2028'
    } } })
    expect((await send(at, { ...add, method: 'feed' }, events)).text).toBe('data: "a\\nb\\r\\n\\n\u2028"\n\nevent: end\ndata: null\n\n')
  })

  test('an error after items is an event, and before them a status', async () => {
    const at = await serving({ own: {
      async *feed () {
        yield 1
        throw new RpcError(codes.unavailable, 'gone', { status: 'UNAVAILABLE' })
      },
      async *count () {
        if (Date.now() > 0) throw new RpcError(codes.unavailable, 'gone', { status: 'UNAVAILABLE', retryAfterMs: 5 })
        yield 1
      },
    } })
    expect((await send(at, { ...add, method: 'feed' }, events)).text)
      .toBe('data: 1\n\nevent: error\ndata: {"code":-32014,"message":"gone","data":{"status":"UNAVAILABLE"}}\n\n')
    expect(await send(at, { ...add, method: 'count' }, events)).toMatchObject({ status: 503, headers: { 'content-type': json, 'retry-after': '1' } })
    expect(await send(at, { ...add, method: 'count', params: ['x'] }, events)).toMatchObject({ status: 503 })
  })

  test('who wants nothing else gets a whole answer as an event, too', async () => {
    expect((await send(await serving(), add, events)).text).toBe('event: end\ndata: 3\n\n')
  })

  test('who takes no events gets an array, if it is short', async () => {
    const at = await serving()
    expect((await send(at, { ...add, method: 'count', params: [3] })).text).toBe('{"jsonrpc":"2.0","result":[1,2,3],"id":1}')
    expect(await send(at, { ...add, method: 'count', params: [100_000] })).toMatchObject({ status: 400 })
  })

  test('a stream has no key: it cannot be answered twice', async () => {
    const { idempotent } = await import('@rpc-steps/resilience')
    const response = await send(await serving({ around: idempotent }), { ...add, method: 'count', params: [3] }, { headers: { ...events.headers, 'idempotency-key': 'k' } })
    expect(response).toMatchObject({ status: 400 })
  })

  test('a generator that takes its time is held up by a slow reader, too', async () => {
    let made = 0
    const at = await serving({ own: { async *feed() {
      for (; made < 5000; await turnOver()) yield `${++made} ${'x'.repeat(10_000)}`
    } } })
    const client = await raw(at)
    client.socket.pause()
    client.socket.write(whole({ ...add, method: 'feed' }, 'Accept: text/event-stream\r\n'))
    await expect.poll(() => made).toBeGreaterThan(0)
    for (let before = -1; before !== made; await delay(200)) before = made
    expect(made).toBeLessThan(2500) // of 50 MB
    client.socket.resume()
    await expect.poll(() => client.text().slice(-100)).toMatch(/event: end/)
    expect(made).toBe(5000)
  })

  test('the generator ends when the client hangs up', async () => {
    const ended = deferred()
    const at = await serving({ own: { async *feed (_, context) {
      try {
        for (;;) {
          yield 'x'.repeat(1000)
          await context.sleep(1)
        }
      } finally {
        ended.resolve()
      }
    } } })
    const client = await raw(at, whole({ ...add, method: 'feed' }, 'Accept: text/event-stream\r\n'))
    await expect.poll(client.text).toContain('data: ')
    client.socket.destroy()
    await ended.promise
  })
})

describe('bodies', () => {
  const limits: Options = { http: { body: 1000 } }
  const long = (bytes: number) => JSON.stringify({ ...add, method: 'say', params: ['x'.repeat(bytes)] })

  test('one that is declared too large is refused before it comes', async () => {
    const at = await serving()
    const client = await raw(at, post('Content-Length: 4194305\r\n', ''))
    await expect.poll(client.text).toMatch(/^HTTP\/1\.1 413 .*connection: close/is)
    await client.gone
    expect(statusesIn(client.text())).toEqual([413])
  })

  test('and its sender, who sends all of it before looking up, hears why', async () => {
    const at = await serving(limits)
    const client = await raw(at)
    client.socket.pause()
    const bytes = Buffer.alloc(5_000_000, ' ')
    await new Promise<void>((resolve, reject) => {
      client.socket.write(Buffer.concat([Buffer.from(post(`Content-Length: ${bytes.length}\r\n`, '')), bytes]), (error) => (error ? reject(error) : resolve()))
    })
    client.socket.resume()
    await client.gone
    expect(client.text()).toMatch(/^HTTP\/1\.1 413 .*connection: close.*"code":-32600/is)
  })

  test('one that grows too large is refused when it does', async () => {
    const at = await serving(limits)
    const client = await raw(at, post('Transfer-Encoding: chunked\r\n', ''))
    for (let i = 0; i < 11; i++) client.socket.write(`64\r\n${'x'.repeat(100)}\r\n`)
    await expect.poll(client.text).toMatch(/^HTTP\/1\.1 413 /)
    await client.gone
  })

  test('one just small enough is taken, in chunks as well', async () => {
    const body = long(1000 - long(0).length)
    const at = await serving(limits)
    expect(await send(at, body)).toMatchObject({ status: 200 })
    expect(await send(at, body, { headers: { 'transfer-encoding': 'chunked' } })).toMatchObject({ status: 200 })
    expect(await send(at, `${body} `)).toMatchObject({ status: 413 })
  })

  test('whoever asks before sending is told to go on only if it will be taken', async () => {
    const at = await serving(limits)
    const expects = (headers: string) => post(`Expect: 100-continue\r\n${headers}`, '')
    const body = JSON.stringify(add)
    const good = await raw(at, expects(lengthOf(body)))
    await expect.poll(good.text).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    good.socket.write(body)
    await expect.poll(good.text).toContain(sum)
    const large = await raw(at, expects('Content-Length: 1001\r\n'))
    await expect.poll(large.text).toMatch(/^HTTP\/1\.1 413 /)
    const page = await raw(at, expects(`Origin: https://evil.example\r\n${lengthOf(body)}`))
    await expect.poll(page.text).toMatch(/^HTTP\/1\.1 403 /)
    const cake = await raw(at, post(`Expect: cake\r\n${lengthOf(body)}`, ''))
    await expect.poll(cake.text).toMatch(/^HTTP\/1\.1 417 /)
  })
})

describe('on one connection', () => {
  test('requests one behind the other are answered in order', async () => {
    const at = await serving()
    const slow = { jsonrpc: '2.0', id: 'slow', method: 'sleep', params: [100] }
    const client = await raw(at, [slow, add, { ...add, id: 2 }].map((body) => whole(body)).join(''))
    await expect.poll(() => statusesIn(client.text())).toEqual([200, 200, 200])
    expect([...client.text().matchAll(/"id":("slow"|\d)/g)].map(([, id]) => id)).toEqual(['"slow"', '1', '2'])
  })

  test('thousands at once: no more run than may be in flight, and what is kept is bounded', async () => {
    const end = deferred()
    let running = 0
    quiet() // what is refused is written down
    const at = await serving({ 'workers': 10_000, 'in-flight': 100, 'own': { hold: async () => {
      running++
      await end.promise
    } } })
    const client = await raw(at)
    const bytes = Buffer.from(whole({ ...add, method: 'hold' }))
    let sent = 0
    for (; sent < 4000; sent++) if (!client.socket.write(bytes) && client.socket.writableLength > 1_000_000) break
    await expect.poll(() => running).toBe(100)
    // The server reads no further: what it has refused waits behind what runs.
    expect(client.text()).toBe('')
    end.resolve()
    await expect.poll(() => statusesIn(client.text()).length).toBe(sent)
    const all = statusesIn(client.text())
    expect(all.slice(0, 100)).toEqual(Array.from({ length: 100 }, () => 200))
    expect(new Set(all)).toEqual(new Set([200, 429]))
    expect(running).toBeLessThan(sent)
  })

  test('a client that goes takes what it has asked with it', async () => {
    const reasons: unknown[] = []
    const errors = quiet()
    let begun = 0
    const at = await serving({ own: { wait: async (_, context) => {
      context.signal.addEventListener('abort', () => reasons.push((context.signal.reason as Error).name))
      begun++
      await context.sleep(60_000)
    } } })
    const wait = { ...add, method: 'wait' }
    const client = await raw(at, whole([wait, { ...wait, id: 2 }]) + whole(wait))
    await expect.poll(() => begun).toBe(3)
    client.socket.resetAndDestroy()
    await expect.poll(() => reasons).toEqual(['DisconnectedError', 'DisconnectedError', 'DisconnectedError'])
    expect(errors).not.toHaveBeenCalled() // that somebody leaves is no fault
  })

  test('a door that closes answers what is in flight, says that it was the last, and waits for nobody else', async () => {
    const [begun, end] = [deferred(), deferred()]
    const admission = new Admission()
    const door = await httpDoor(loopback, { grace: 60_000, idle: 60_000 })({
      extensions: [],
      gate: (accept) => gate(accept, { admission, open: () => true }),
      async handler({ method }) {
        if (method === 'add') return 3
        begun.resolve()
        await end.promise
        return 'held'
      },
    })
    const [silent, idle] = [await raw(door), await raw(door, whole(add))]
    await expect.poll(idle.text).toContain(sum)
    const client = await raw(door, whole({ ...add, method: 'hold' }))
    await begun.promise
    const closed = door.close()
    await Promise.all([silent.gone, idle.gone])
    end.resolve()
    await closed
    await client.gone
    expect(client.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n(.*\r\n)*connection: close\r\n(.*\r\n)*\r\n.*"held"/i)
  })
})

describe('hostile', () => {
  const body = JSON.stringify(add)
  const smuggled = '0\r\n\r\nPOST / HTTP/1.1\r\nHost: x\r\n\r\n'
  test.each<[string, string, RegExp]>([
    ['two ways to say the length', post(`Transfer-Encoding: chunked\r\n${lengthOf(smuggled)}`, smuggled), /^HTTP\/1\.1 400 /],
    ['two lengths', post(`${lengthOf(body)}Content-Length: 5\r\n`, body), /^HTTP\/1\.1 400 /],
    ['a length that is none', post('Content-Length: 5a\r\n', body), /^HTTP\/1\.1 400 /],
    ['a negative length', post('Content-Length: -1\r\n', body), /^HTTP\/1\.1 400 /],
    ['a length with a sign', post('Content-Length: +5\r\n', body), /^HTTP\/1\.1 400 /],
    ['a coding that is not the last', post('Transfer-Encoding: chunked, gzip\r\n', '0\r\n\r\n'), /^HTTP\/1\.1 400 /],
    ['a coding with a space in its name', post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n'), /^HTTP\/1\.1 400 /],
    ['line feeds alone', post(lengthOf(body), body).replaceAll('\r\n', '\n'), /^HTTP\/1\.1 400 /],
    ['a carriage return alone', post(`X: a\rb\r\n${lengthOf(body)}`, body), /^HTTP\/1\.1 400 /],
    ['a header that goes on in the next line', post(`X: a\r\n b\r\n${lengthOf(body)}`, body), /^HTTP\/1\.1 (400|200) /],
    ['a zero byte in a header', post(`X: a\0b\r\n${lengthOf(body)}`, body), /^HTTP\/1\.1 400 /],
    ['a chunk that is none', post('Transfer-Encoding: chunked\r\n', 'xyz\r\n\r\n'), /^HTTP\/1\.1 400 /],
    ['a chunk of endless length', post('Transfer-Encoding: chunked\r\n', 'fffffffffffffffff\r\n'), /^HTTP\/1\.1 400 /],
    ['no host', `POST / HTTP/1.1\r\nContent-Type: application/json\r\n${lengthOf(body)}\r\n${body}`, /^HTTP\/1\.1 400 /],
    ['headers that are too large', post(`X: ${'x'.repeat(9000)}\r\n${lengthOf(body)}`, body), /^HTTP\/1\.1 431 /],
    ['a frame of JSON-RPC', createFramer('content-length').frame(body), /^HTTP\/1\.1 400 /],
    ['a line of JSON', `${body}\n`, /^HTTP\/1\.1 400 /],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^(HTTP\/1\.1 400 |$)/],
    ['TLS', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', /^HTTP\/1\.1 400 /],
    ['a tunnel', 'CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n', /^(HTTP\/1\.1 4\d\d |$)/],
    ['a WebSocket', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n', /^HTTP\/1\.1 405 /],
    ['garbage', '\0\0\0\0\r\n\r\n', /^HTTP\/1\.1 400 /],
  ])('%s is answered with an error, or the connection ends; then a good client is served', async (_, bytes, expected) => {
    let runs = 0
    const at = await serving({ own: { add: () => {
      runs++
      return 3
    } } })
    const client = await raw(at, Buffer.from(bytes, 'latin1'))
    await Promise.race([client.gone, expect.poll(client.text).toMatch(/^HTTP/)])
    expect(client.text()).toMatch(expected)
    expect(statusesIn(client.text()).length).toBeLessThan(2) // nothing behind it was taken for a request
    if (!client.text().startsWith('HTTP/1.1 200')) expect(runs).toBe(0)
    expect(await send(at, add)).toMatchObject({ status: 200, text: sum })
  })

  test('HTTP/1.0 is answered, and its connection ends', async () => {
    const client = await raw(await serving(), `POST / HTTP/1.0\r\nContent-Type: application/json\r\n${lengthOf(body)}\r\n${body}`)
    await client.gone
    expect(client.text()).toMatch(/^HTTP\/1\.1 200 .*"result":3/s)
  })

  test('HTTP on the port of JSON-RPC is an error, and nothing is run', async () => {
    let runs = 0
    const { tcp } = await served({ own: { add: () => ++runs } })
    const client = await raw(tcp, post(lengthOf(body), body))
    await client.gone
    expect(client.text()).toContain('"code":-32700')
    expect(runs).toBe(0)
  })

  const impatient: Options = { http: { headTimeout: 200, requestTimeout: 400, idle: 200 } }
  test.each([
    ['a head', 'POST / HTT', ''],
    ['a head that drips', post('', '').slice(0, -2), 'X: y\r\n'],
    ['a body', post('Content-Length: 100\r\n', '{'), ''],
    ['a body that drips', post('Content-Length: 1000\r\n', '{'), ' '],
    ['a chunk', post('Transfer-Encoding: chunked\r\n', '5\r\n{'), ''],
    ['chunks that drip', post('Transfer-Encoding: chunked\r\n', ''), '1\r\n \r\n'],
  ])('%s that does not come to its end is not waited for', async (_, bytes, more) => {
    const at = await serving(impatient)
    const client = await raw(at, bytes)
    const drip = setInterval(() => client.socket.writable && client.socket.write(more), 20)
    onTestFinished(() => clearInterval(drip))
    await client.gone
    clearInterval(drip)
    expect(statusesIn(client.text())).toEqual([408])
    expect(await send(at, add)).toMatchObject({ status: 200 })
  })

  test('a connection that says nothing more is ended, and one that waits for its answer is not', async () => {
    const at = await serving({ http: { idle: 100, sendTimeout: 100, headTimeout: 10_000 } })
    const client = await raw(at, whole({ jsonrpc: '2.0', id: 1, method: 'sleep', params: [500] }))
    await client.gone
    expect(client.text()).toContain('"result":500')
  })

  test('who asks for much and reads nothing is cut off', async () => {
    const ended = deferred()
    const at = await serving({ http: { sendTimeout: 200 }, own: { async *feed () {
      try {
        for (;;) yield 'x'.repeat(10_000)
      } finally {
        ended.resolve()
      }
    } } })
    const client = await raw(at)
    client.socket.pause()
    client.socket.write(whole({ ...add, method: 'feed' }, 'Accept: text/event-stream\r\n'))
    await ended.promise
    expect(await send(at, add)).toMatchObject({ status: 200 })
  })

  test('who drips a stream of nothing is bounded: a thousand connections come and go', async () => {
    const at = await served()
    for (let round = 0; round < 10; round++) {
      const clients = await Promise.all(Array.from({ length: 50 }, (_, i) => raw(at.http, i % 2 ? 'POST / H' : whole(add))))
      for (const { socket } of clients) socket.resetAndDestroy()
    }
    await expect.poll(() => at.server.admission.counts).toEqual({ known: 0, strangers: 0 })
    expect(await send(at.http, add)).toMatchObject({ status: 200 })
  })
})

test('a listener that waits for no answer lets others be served meanwhile', async () => {
  const at = await serving()
  const slow = send(at, { jsonrpc: '2.0', id: 1, method: 'sleep', params: [300] })
  await delay(0)
  expect(await send(at, add)).toMatchObject({ status: 200 })
  expect(await slow).toMatchObject({ status: 200 })
})
