import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import * as tls from 'node:tls'
import { Metadata } from '@grpc/grpc-js'
import type { Handler, Request } from '@rpc-steps/async-await'
import { readCredentials } from '@rpc-steps/security'
import type { Door } from '@rpc-steps/security'
import { fillFolder } from '@rpc-steps/security/certificates'
import { codes, DisconnectedError } from '@rpc-steps/wire'
import { describe, expect, onTestFinished, test } from 'vitest'
import { errorOf, folder, open, plain, raw, remote, serve, stranger } from './grpc-support.ts'

describe('who asks', () => {
  async function secured(options: Parameters<typeof serve>[0] = {}) {
    const certificates = await folder()
    await fillFolder(certificates)
    const there = await serve({ certificates, ...options })
    const of = (name?: string) => readCredentials(certificates, name)
    const token = (name: string) => readFile(join(certificates, `${name}.token`), 'utf8').then((text) => text.trim())
    return { ...there, certificates, of, token }
  }
  const with_ = (token: string) => ({ extras: () => ({ meta: { token } }) })

  test('a certificate says it, a token says it, and nobody is UNAUTHENTICATED', async () => {
    const { grpc, of, token } = await secured()
    const [ada, nobody] = [remote(grpc, { credentials: await of('ada') }), remote(grpc, { credentials: await of() })]
    expect(await ada.call('whoami')).toEqual({ name: 'ada', by: 'certificate' })
    expect(await ada.call('whoami', {}, with_(await token('bob')))).toEqual({ name: 'bob', by: 'token' })
    expect(await nobody.call('whoami', {}, with_(await token('bob')))).toEqual({ name: 'bob', by: 'token' })
    const refused = { code: codes.unauthenticated, message: 'Unauthenticated', data: { status: 'UNAUTHENTICATED' }, from: 'peer' }
    expect(await errorOf(nobody.call('whoami'))).toMatchObject(refused)
    expect(await errorOf(ada.call('whoami', {}, with_('x')))).toMatchObject(refused)
  })

  test('what they may not do is PERMISSION_DENIED', async () => {
    const policy = join(await folder(), 'policy.json')
    await writeFile(policy, JSON.stringify({ allow: [{ who: 'ada', methods: ['add', 'count'] }, { who: 'bob', methods: ['say'] }] }))
    const { grpc, of } = await secured({ policy })
    const there = remote(grpc, { credentials: await of('bob') })
    expect(await errorOf(there.call('add', { a: 1, b: 2 }))).toMatchObject({ code: codes.permissionDenied })
    expect(await errorOf(there.stream('count', { to: 3 })[Symbol.asyncIterator]().next())).toMatchObject({ code: codes.permissionDenied })
    expect(await there.call('say', { text: 'x' })).toBe('You said: x')
  })

  test('who says nothing has to go; who has shown a token stays', async () => {
    const { grpc, server, of, token } = await secured({ handshake: 400 })
    const [silent, shown] = [remote(grpc, { credentials: await of() }), remote(grpc, { credentials: await of() })]
    expect(await errorOf(silent.call('whoami'))).toMatchObject({ code: codes.unauthenticated })
    expect(server.admission.counts).toEqual({ known: 0, strangers: 1 })
    await shown.call('whoami', {}, with_(await token('ada')))
    expect(server.admission.counts).toEqual({ known: 1, strangers: 1 })
    await expect.poll(() => server.admission.counts).toEqual({ known: 1, strangers: 0 })
    expect(await shown.call('whoami', {}, with_(await token('ada')))).toEqual({ name: 'ada', by: 'token' })
    expect(server.admission.counts).toEqual({ known: 1, strangers: 0 })
  })

  test('one connection of many is whose it is, however many there are', async () => {
    const { grpc, of } = await secured()
    const names = Array.from({ length: 20 }, (_, i) => (i % 2 ? 'ada' : 'bob'))
    const said = await Promise.all(names.map(async (name) => {
      const there = remote(grpc, { credentials: await of(name) })
      return Promise.all([1, 2, 3].map(() => there.call('whoami')))
    }))
    expect(said.map((all) => all.map((one) => (one as { name: string }).name))).toEqual(names.map((name) => [name, name, name]))
  })

  test.each([['nothing', []], ['HTTP/1.1', ['http/1.1']]])('who offers %s in the handshake is not let speak', async (_, alpn) => {
    const { grpc, server, of } = await secured()
    const socket = tls.connect({ ...grpc, ...(await of('ada')), ALPNProtocols: alpn })
    let heard = 0
    socket.on('data', ({ length }) => (heard += length))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => {})
    socket.once('secureConnect', () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'))
    await closed
    expect(heard).toBe(0)
    await expect.poll(() => server.admission.counts).toEqual({ known: 0, strangers: 0 })
    expect(await remote(grpc, { credentials: await of('ada') }).call('add', { a: 1, b: 2 })).toBe(3)
  })

  test('a server that is not who it should be is not told anything', async () => {
    const { grpc, of } = await secured()
    const there = remote(grpc, { credentials: await of('ada'), servername: 'example.org' })
    expect(await errorOf(there.call('whoami'))).toBeInstanceOf(DisconnectedError)
    const elsewhere = await folder()
    await fillFolder(elsewhere)
    expect(await errorOf(remote(grpc, { credentials: await readCredentials(elsewhere, 'ada') }).call('whoami'))).toBeInstanceOf(DisconnectedError)
  })
})

describe('what rides beside a call', () => {
  test('tracing, key and priority arrive as they were', async () => {
    const heard: Request[] = []
    const at = await open((request) => {
      heard.push(request)
      return ''
    })
    const meta = { idempotencyKey: 'k 1', priority: 7, token: 'abc' }
    await remote(at).call('say', { text: '' }, { extras: () => ({ meta, traceparent: '00-1-2-01', tracestate: 'a=b' }) })
    expect(heard[0]).toEqual({ jsonrpc: '2.0', id: expect.anything() as unknown, method: 'say', params: { text: '' }, meta, traceparent: '00-1-2-01', tracestate: 'a=b' })
    const metadata = new Metadata()
    metadata.set('authorization', 'Basic abc')
    await stranger(at).unary('say', { text: '' }, { metadata })
    expect(heard[1]!.meta).toEqual({ token: 'Basic abc' }) // which is no token of anybody
  })

  test('what no header can say is refused before it is sent, without telling it', async () => {
    const there = remote(await open(() => ''))
    const error = await errorOf(there.call('say', { text: '' }, { extras: () => ({ meta: { token: 'sécret' } }) })) as Error
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toBe('authorization must be printable ASCII to travel over gRPC')
    await expect(there.stream('count', { to: 1 }, { extras: () => ({ meta: { token: '\n' } }) })[Symbol.asyncIterator]().next()).rejects.toThrow(TypeError)
  })

  test('a key has a call run once', async () => {
    const there = remote((await serve()).grpc)
    const key = { extras: () => ({ meta: { idempotencyKey: 'one' } }) }
    expect(await there.call('add', { a: 1, b: 2 }, key)).toBe(3)
    expect(await there.call('add', { a: 1, b: 2 }, key)).toBe(3)
    expect(await errorOf(there.call('add', { a: 2, b: 2 }, key))).toMatchObject({ code: codes.invalidParams }) // another call, same key
  })

  test('what is in flight is counted for each connection', async () => {
    const { grpc } = await serve({ 'in-flight': 2 })
    const there = remote(grpc)
    const busy = [there.call('sleep', { ms: 300 }), there.call('sleep', { ms: 300 })]
    expect(await errorOf(there.call('sleep', { ms: 1 }))).toMatchObject({ code: codes.resourceExhausted })
    expect(await remote(grpc).call('sleep', { ms: 1 })).toBe(1)
    await Promise.all(busy)
  })
})

describe('limits', () => {
  const echo: Handler = ({ params }) => (params as { text: string }).text

  test('a message may have 4 MiB, both ways, and one that has more fails alone', async () => {
    let run = 0
    const at = await open((request, context) => {
      run++
      return echo(request, context)
    })
    const them = stranger(at)
    const text = 'x'.repeat(4 * 1024 * 1024)
    const [large, small] = await Promise.all([them.unary('say', { text }), them.unary('say', { text: 'x' })])
    expect(large.status.code).toBe(8)
    expect(small.value).toBe('x')
    expect(run).toBe(1)
    expect((await errorOf(remote(at).call('say', { text })))).toMatchObject({ code: codes.resourceExhausted, data: { status: 'RESOURCE_EXHAUSTED' } })
    const most = 'x'.repeat(4 * 1024 * 1024 - 10)
    expect(await remote(at).call('say', { text: most })).toBe(most)
    const wordy = await open(() => text)
    expect((await stranger(wordy).unary('say', { text: '' })).status.code).toBe(8)
    expect((await errorOf(remote(wordy).call('say', { text: '' })))).toMatchObject({ code: codes.resourceExhausted })
  })

  test('metadata without end is refused, and others are served meanwhile', async () => {
    let run = 0
    const at = await open(() => {
      run++
      return ''
    })
    const metadata = new Metadata()
    for (let i = 0; i < 40; i++) metadata.set(`x-${i}`, 'y'.repeat(4000))
    const [large, small] = await Promise.all([stranger(at).unary('say', { text: '' }, { metadata }), stranger(at).unary('say', { text: '' })])
    expect(large.status).toMatchObject({ code: 8, details: 'over 8192 bytes of metadata' })
    expect(small.status.code).toBe(0)
    expect(run).toBe(1)
  })

  test.each([
    ['HTTP/1.1', 'POST /rpcsteps.v1.Service/Say HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345'],
    ['JSON-RPC', 'Content-Length: 46\r\n\r\n{"jsonrpc":"2.0","id":1,"method":"get_data"}'],
    ['nothing that anybody knows', '\0'.repeat(1000)],
    ['the beginning of HTTP/2, and then nonsense', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\xff'.repeat(1000)}`],
  ])('who speaks %s is sent away, and nobody else', async (_, text) => {
    let run = 0
    const at = await open(() => {
      run++
      return 'x'
    })
    const there = remote(at)
    await there.call('say', { text: '' })
    const { socket, ended } = await raw(at)
    socket.write(Buffer.from(text, 'latin1'))
    await ended
    await expect.poll(() => at.admission.counts.known).toBe(1)
    await there.call('say', { text: '' })
    expect(run).toBe(2)
  })

  test('calls that are begun and reset, thousands of them, end their connection or themselves', async () => {
    let running = 0
    const at = await open((_, { signal }) => {
      running++
      return new Promise((_, reject) => signal.addEventListener('abort', () => {
        running--
        reject(signal.reason as Error)
      }))
    })
    const { client, request } = plain(at)
    for (let round = 0; round < 15 && !client.destroyed; round++) {
      for (let i = 0; i < 100; i++) {
        try {
          request('Say').close(8) // CANCEL
        } catch {
          break // it has been sent away
        }
      }
      await turn()
    }
    await expect.poll(() => running).toBe(0)
    const other = remote(at)
    const controller = new AbortController()
    const call = errorOf(other.call('say', { text: '' }, { signal: controller.signal }))
    await expect.poll(() => running).toBe(1)
    controller.abort(new Error('enough'))
    await call
  })

  test('a content type that is none of ours', async () => {
    const at = await open(() => '')
    const call = plain(at).request('Say', { 'content-type': 'application/json' })
    const [headers] = await once(call, 'response') as [Record<string, string | number>]
    expect(headers[':status']).toBe(415)
  })
})

describe('the end', () => {
  /** A handler that answers when the test says so. */
  const held = () => {
    const answers: ((text: string) => void)[] = []
    const handler: Handler = () => new Promise<string>((resolve) => answers.push(resolve))
    return { answers, handler }
  }

  test('what is in flight is answered, what is new goes elsewhere', async () => {
    const { answers, handler } = held()
    const at = await open(handler)
    const there = remote(at)
    const idle = plain(at)
    const goaway = once(idle.client, 'goaway')
    const call = there.call('say', { text: '' })
    await expect.poll(() => answers).toHaveLength(1)
    await expect.poll(() => at.admission.counts.known).toBe(2)
    let closed = false
    const closing = at.close().then(() => (closed = true))
    await goaway
    await turn()
    expect(closed).toBe(false)
    expect(await errorOf(remote(at).call('say', { text: '' }))).toMatchObject({ name: 'DisconnectedError', sent: false })
    answers[0]!('done')
    expect(await call).toBe('done')
    await closing
    expect(at.admission.counts).toEqual({ known: 0, strangers: 0 })
    expect(await errorOf(there.call('say', { text: '' }))).toBeInstanceOf(DisconnectedError)
  })

  test('a client that is closed has its calls finished, and makes no more', async () => {
    const { answers, handler } = held()
    const there = remote(await open(handler), { grace: 5000 })
    const call = there.call('say', { text: '' })
    await expect.poll(() => answers).toHaveLength(1)
    const closing = there.close()
    expect(await errorOf(there.call('say', { text: '' }))).toMatchObject({ name: 'DisconnectedError', sent: false })
    answers[0]!('done')
    expect(await call).toBe('done')
    await closing
  })

  test('and nobody there is said in time', async () => {
    const at = await open(() => '')
    const there = remote(at)
    await there.connected()
    expect(at.admission.counts.known).toBe(1)
    await at.close()
    expect(await errorOf(remote(at).connected(100))).toMatchObject({ name: 'DisconnectedError', sent: false })
  })

  test('but not for ever', async () => {
    const { answers, handler } = held()
    const at = await open(handler)
    const there = remote(at, { grace: 50 })
    const call = errorOf(there.call('say', { text: '' }))
    const item = errorOf(there.stream('count', { to: 1 })[Symbol.asyncIterator]().next())
    await expect.poll(() => answers).toHaveLength(2)
    await there.close()
    expect(await call).toBeInstanceOf(DisconnectedError)
    expect(await item).toBeInstanceOf(DisconnectedError)
    await expect.poll(() => at.admission.counts.known).toBe(0)
  })

  test.each([
    ['nothing', ''], ['half of a preface', 'PRI * HTTP/2.0\r\n'], ['a preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'],
  ])('nor for who has sent %s, and does not close', async (_, text) => {
    const at = await open(() => '', { grace: 50 })
    // Closed by nobody here: it is the server that has to.
    const socket = connect({ ...at, allowHalfOpen: true }).on('error', () => {}).resume()
    onTestFinished(() => void socket.destroy())
    socket.write(text)
    await expect.poll(() => at.admission.counts.known).toBe(1)
    await at.close()
    expect(at.admission.counts).toEqual({ known: 0, strangers: 0 })
  })

  test('new certificates are for new connections; those that there are stay', async () => {
    const certificates = await folder()
    await fillFolder(certificates)
    let door: Door | undefined
    const { grpc } = await serve({ certificates }, {}, (opened) => (door = opened))
    const credentials = await readCredentials(certificates, 'ada')
    const before = remote(grpc, { credentials })
    expect(await before.call('add', { a: 1, b: 2 })).toBe(3)
    const others = await folder()
    await fillFolder(others)
    door!.renew!(await readCredentials(others, 'server'))
    expect(await before.call('add', { a: 1, b: 2 })).toBe(3)
    expect(await errorOf(remote(grpc, { credentials }).call('add', { a: 1, b: 2 }))).toBeInstanceOf(DisconnectedError)
    expect(await remote(grpc, { credentials: await readCredentials(others, 'ada') }).call('whoami')).toEqual({ name: 'ada', by: 'certificate' })
  })
})
