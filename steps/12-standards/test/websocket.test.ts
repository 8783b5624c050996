import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { codes, Peer } from '@rpc-steps/async-await'
import type { Address, Json } from '@rpc-steps/async-await'
import { Drainer, drains } from '@rpc-steps/resilience'
import { FakeClock } from '@rpc-steps/session/testing'
import { stream, streams } from '@rpc-steps/streaming'
import { createFramer } from '@rpc-steps/wire'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { MessageStream } from '../src/message-stream.ts'
import { deferred, raw, served } from './support.ts'
import type { Options } from './support.ts'

const origin = 'https://page.example'
const add = { jsonrpc: '2.0', id: 1, method: 'add', params: [1, 2] }
const sum = '{"jsonrpc":"2.0","result":3,"id":1}'

interface Client {
  readonly socket: WebSocket
  /** The messages that have come. */
  readonly texts: string[]
  /** With which code it has closed. */
  readonly closed: Promise<number>
}

/** A client of the library, which knows nothing of our frames. */
async function dial(at: Address, options: object = {}): Promise<Client> {
  const socket = new WebSocket(`ws://${at.host}:${at.port}/`, { perMessageDeflate: false, ...options })
  onTestFinished(() => socket.terminate())
  const texts: string[] = []
  socket.on('message', (data) => texts.push(String(data)))
  socket.on('error', () => {})
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await once(socket, 'open')
  return { socket, texts, closed }
}

const say = ({ socket }: Client, ...messages: unknown[]) => {
  for (const message of messages) socket.send(typeof message === 'string' ? message : JSON.stringify(message))
}

/** Our peer, at the other end of a WebSocket. */
async function peerTo(at: Address, options: ConstructorParameters<typeof Peer>[1] = {}): Promise<{ peer: Peer; socket: WebSocket }> {
  const { socket } = await dial(at)
  socket.removeAllListeners('message')
  const peer = new Peer(new MessageStream(socket), { extensions: [streams], grace: 500, ...options })
  onTestFinished(() => peer.destroy())
  return { peer, socket }
}

async function serving(options: Options = {}): Promise<Address> {
  return (await served(options)).websocket
}

describe('a message', () => {
  test('is a request, and its reply is one', async () => {
    const client = await dial(await serving())
    say(client, add, { ...add, id: 'é', method: 'say', params: { text: 'ü😀' } })
    await expect.poll(() => client.texts).toEqual([sum, '{"jsonrpc":"2.0","result":"You said: ü😀","id":"é"}'])
  })

  test('may be a batch, whose replies come together', async () => {
    const client = await dial(await serving())
    say(client, [add, { ...add, id: 2 }, { jsonrpc: '2.0', method: 'update', params: [1] }])
    await expect.poll(() => client.texts.length).toBe(1)
    expect(JSON.parse(client.texts[0]!)).toHaveLength(2)
  })

  test('that is no JSON gets an error, and the next is answered', async () => {
    const client = await dial(await serving())
    say(client, '{', '', 'Content-Length: 2\r\n\r\n{}', '[]', add)
    await expect.poll(() => client.texts.length).toBe(5)
    expect(client.texts.map((text) => (JSON.parse(text) as { error?: { code: number } }).error?.code)).toEqual([-32700, -32700, -32700, -32600, undefined])
  })

  test('may come in fragments', async () => {
    const client = await dial(await serving())
    const text = JSON.stringify(add)
    for (let i = 0; i < text.length; i++) client.socket.send(text[i]!, { fin: i === text.length - 1 })
    await expect.poll(() => client.texts).toEqual([sum])
  })

  test('of bytes is refused with 1003, one that is too large with 1009, one that is no UTF-8 with 1007', async () => {
    const at = await serving()
    const [bytes, large, wrong] = await Promise.all([dial(at), dial(at), dial(at)])
    bytes.socket.send(Buffer.from(JSON.stringify(add)))
    say(large, { ...add, method: 'say', params: ['x'.repeat(5 * 1024 * 1024)] })
    wrong.socket.send(Buffer.from('22ff22', 'hex'), { binary: false })
    expect(await Promise.all([bytes.closed, large.closed, wrong.closed])).toEqual([1003, 1009, 1007])
    const good = await dial(at)
    say(good, add)
    await expect.poll(() => good.texts).toEqual([sum])
  })

  test('just small enough is taken', async () => {
    const at = await serving({ websocket: { body: 1000 } })
    const text = (bytes: number) => JSON.stringify({ ...add, method: 'say', params: ['x'.repeat(bytes)] })
    const room = 1000 - text(0).length
    const [fits, over] = await Promise.all([dial(at), dial(at)])
    say(fits, text(room))
    say(over, text(room + 1))
    await expect.poll(() => fits.texts.length).toBe(1)
    expect(await over.closed).toBe(1009)
  })
})

describe('cancel, credit and drain are what they are elsewhere', () => {
  test('cancel', async () => {
    const client = await dial(await serving())
    say(client, { ...add, method: 'sleep', params: [60_000] }, { jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } })
    await expect.poll(() => client.texts.map((text) => (JSON.parse(text) as { error: { code: number } }).error.code)).toEqual([codes.requestCancelled])
  })

  test('credit: no item more than is granted', async () => {
    const client = await dial(await serving())
    say(client, { ...add, method: 'count', params: [10], meta: { credit: 2 } })
    await expect.poll(() => client.texts.join('')).toContain('[1,2]')
    say(client, { jsonrpc: '2.0', method: '$/credit/down', params: { id: 1, credit: 100 } })
    await expect.poll(() => client.texts.at(-1)).toBe('{"jsonrpc":"2.0","result":null,"id":1}')
    const items = client.texts.flatMap((text) => (JSON.parse(text) as { params?: { items?: number[] } }).params?.items ?? [])
    expect(items).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  test('drain: what the other connections hear is heard here', async () => {
    const { webSocketDoor } = await import('../src/index.ts')
    const drainer = new Drainer()
    const { Admission, gate } = await import('@rpc-steps/security')
    const admission = new Admission()
    const door = await webSocketDoor({ host: '127.0.0.1', port: 0 })({
      handler: () => 1, extensions: [drainer.extension], gate: (accept) => gate(accept, { admission, open: () => true }),
    })
    onTestFinished(() => door.close())
    const { peer } = await peerTo(door)
    const asked = deferred()
    drains(peer).onAsked(() => asked.resolve())
    drainer.begin()
    await asked.promise
    await peer.close()
    await drainer.gone()
  })

  test('a server that closes answers what it has, then says goodbye with 1000', async () => {
    const [begun, end] = [deferred(), deferred()]
    const all = await served({ own: { hold: async () => {
      begun.resolve()
      await end.promise
      return 'held'
    } } })
    const client = await dial(all.websocket)
    say(client, { ...add, method: 'hold' })
    await begun.promise
    const closed = all.server.close()
    end.resolve()
    expect(await client.closed).toBe(1000)
    expect(client.texts).toEqual(['{"jsonrpc":"2.0","result":"held","id":1}'])
    await closed
  })
})

describe('volume', () => {
  test('2,000 calls of 10 KB whose answers are as large, all at once', async () => {
    const { peer } = await peerTo(await serving({ own: { back: ({ params }) => (params as Json[])[0]! }, workers: 10_000 }))
    const text = 'x'.repeat(10_000)
    const answers = await Promise.all(Array.from({ length: 2000 }, (_, i) => peer.call('back', [`${i} ${text}`])))
    expect(answers.every((answer, i) => answer === `${i} ${text}`)).toBe(true)
  })

  test('ten thousand tiny calls', async () => {
    const { peer } = await peerTo(await serving())
    const answers = await Promise.all(Array.from({ length: 10_000 }, (_, i) => peer.call('add', [i, 1])))
    expect(answers).toEqual(Array.from({ length: 10_000 }, (_, i) => i + 1))
  })

  test('ten thousand tiny messages in one go, of a client that has no window', async () => {
    const client = await dial(await serving({ 'in-flight': 100_000 }))
    for (let id = 0; id < 10_000; id++) client.socket.send(`{"jsonrpc":"2.0","id":${id},"method":"add","params":[${id},1]}`)
    await expect.poll(() => client.texts.length).toBe(10_000)
    expect(client.texts.every((text) => text.includes('"result"'))).toBe(true)
  })

  test('a message of 4 MB and one of 3 MB back, eight times, both ways at once', async () => {
    const text = 'x'.repeat(3_000_000)
    const { peer } = await peerTo(await serving({ own: { back: ({ params }) => `${text}${(params as string[])[0]!.length}` } }))
    const answers = await Promise.all(Array.from({ length: 8 }, () => peer.call('back', ['y'.repeat(4_000_000)])))
    expect(new Set(answers)).toEqual(new Set([`${text}4000000`]))
  })

  test('two ends that call each other at once, both with full outputs', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const handler = ({ params }: { params?: unknown }) => (params as Json[])[0]!
    const text = 'x'.repeat(10_000)
    const here = once(server, 'connection').then(([socket]) => new Peer(new MessageStream(socket as WebSocket), { handler }))
    const { peer: there } = await peerTo({ host: '127.0.0.1', port: (server.address() as { port: number }).port }, { handler })
    const ask = (peer: Peer) => Promise.all(Array.from({ length: 2000 }, (_, i) => peer.call('back', [`${i} ${text}`])))
    const all = await Promise.all([ask(there), ask(await here)])
    for (const answers of all) expect(answers.every((answer, i) => answer === `${i} ${text}`)).toBe(true)
    expect(there.stats.held).toBe(0)
  })

  test('64 streams at once, one of them not read, hold up nothing', async () => {
    const { peer } = await peerTo(await serving())
    const still = stream(peer.call, 'count', [1_000_000])[Symbol.asyncIterator]()
    expect(await still.next()).toMatchObject({ value: 1 })
    const counts = await Promise.all(Array.from({ length: 63 }, async () => {
      let count = 0
      for await (const item of stream(peer.call, 'count', [3000])) count += Number(item === count + 1)
      return count
    }))
    expect(new Set(counts)).toEqual(new Set([3000]))
    expect(await peer.call('add', [1, 2])).toBe(3)
    await still.return?.()
  })
})

describe('an end that does not keep up', () => {
  test('a client that never reads is not read from either: what is made for it is bounded', async () => {
    let runs = 0
    const at = await served({ 'workers': 10_000, 'in-flight': 100_000, 'own': { give: () => {
      runs++
      return 'x'.repeat(100_000)
    } } })
    const client = await dial(at.websocket)
    client.socket.pause()
    for (let id = 0; id < 600; id++) client.socket.send(`{"jsonrpc":"2.0","id":${id},"method":"give"}`)
    for (let before = -1; before !== runs; ) {
      before = runs
      await delay(200)
    }
    expect(runs).toBeLessThan(200) // of 600, which would be 60 MB
    // Others are served meanwhile; and who reads again is, too.
    const other = await dial(at.websocket)
    say(other, add)
    await expect.poll(() => other.texts).toEqual([sum])
    client.socket.resume()
    await expect.poll(() => client.texts.length).toBe(600)
  })

  test('a server that does not read: what a client sends waits in the client', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    server.on('connection', (socket) => socket.pause())
    const { peer, socket } = await peerTo({ host: '127.0.0.1', port: (server.address() as { port: number }).port }, { window: 10_000, windowSize: 1e9, hardCap: 1e9 })
    for (let i = 0; i < 1000; i++) void peer.call('x', ['y'.repeat(100_000)]).catch(() => {})
    for (let before = -1; before !== peer.stats.waiting; ) {
      before = peer.stats.waiting
      await delay(100)
    }
    expect(peer.stats.waiting).toBeGreaterThan(800)
    expect(socket.bufferedAmount).toBeLessThan(1_000_000) // the rest is ours to count
    peer.destroy()
  })

  test('a close in the middle of a stream ends the generator', async () => {
    const ended: string[] = []
    const at = await serving({ own: { async *feed (request, context) {
      try {
        for (;;) {
          yield 'x'.repeat(1000)
          await context.sleep(1)
        }
      } finally {
        ended.push(String(request.id))
      }
    } } })
    const feed = (id: number) => ({ ...add, id, method: 'feed', meta: { credit: 100_000 } })
    const [polite, rude] = await Promise.all([dial(at), dial(at)])
    say(polite, feed(1))
    say(rude, feed(2))
    await expect.poll(() => Math.min(polite.texts.length, rude.texts.length)).toBeGreaterThan(2)
    polite.socket.close()
    rude.socket.terminate()
    await expect.poll(() => ended.sort()).toEqual(['1', '2'])
  })

  test('a client that is gone without a word is found out, and one that answers is not', async () => {
    const clock = new FakeClock()
    const at = await served({ websocket: { heartbeat: 30_000, clock } })
    const [gone, here] = await Promise.all([dial(at.websocket, { autoPong: false }), dial(at.websocket)])
    for (let i = 0; i < 3; i++) {
      const asked = once(here.socket, 'ping')
      clock.pass(30_000)
      if (i < 2) await asked
      // What answers must have come before the next is asked.
      say(here, { ...add, id: i })
      await expect.poll(() => here.texts.length).toBe(i + 1)
    }
    expect(await gone.closed).toBe(1006)
    expect(here.socket.readyState).toBe(WebSocket.OPEN)
  })

  test('connections come and go, and leave nothing', async () => {
    const at = await served()
    for (let round = 0; round < 5; round++) {
      const clients = await Promise.all(Array.from({ length: 50 }, () => dial(at.websocket)))
      for (const [i, client] of clients.entries()) {
        say(client, { ...add, method: 'sleep', params: [60_000] })
        if (i % 3 === 0) client.socket.terminate()
        else if (i % 3 === 1) client.socket.close()
        else client.socket.send(Buffer.from('x'))
      }
      await Promise.all(clients.map(({ closed }) => closed))
    }
    await expect.poll(() => at.server.admission.counts).toEqual({ known: 0, strangers: 0 })
  })
})

describe('the handshake', () => {
  const head = (lines = '', path = '/', version = 13) =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: ${version}\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${lines}\r\n`
  const tls = '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'

  test.each<[string, string, RegExp]>([
    ['of a page of elsewhere', head('Origin: https://evil.example\r\n'), /^HTTP\/1\.1 403 /],
    ['of a page of nowhere', head('Origin: null\r\n'), /^HTTP\/1\.1 403 /],
    ['of a page whose name was made to mean us', head('Origin: http://x\r\n'), /^HTTP\/1\.1 403 /],
    ['at another path', head('', '/chat'), /^HTTP\/1\.1 404 /],
    ['of another version', head('', '/', 7), /^HTTP\/1\.1 4\d\d /],
    ['with a key that is none', head().replace('AAAAAAAAAAAAAAAAAAAAAA==', 'x'), /^HTTP\/1\.1 400 /],
    ['by POST', head().replace('GET', 'POST'), /^HTTP\/1\.1 405 /],
    ['to something else', head().replace('websocket', 'h2c'), /^HTTP\/1\.1 4\d\d /],
    ['that is only a request', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 426 /],
    ['that asks to be told to go on', 'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n', /^HTTP\/1\.1 426 /],
    ['that is a tunnel', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', /^(HTTP\/1\.1 4\d\d |$)/],
    ['that is a frame of ours', createFramer('content-length').frame(JSON.stringify(add)), /^HTTP\/1\.1 400 /],
    ['that is TLS', tls, /^HTTP\/1\.1 400 /],
  ])('%s is refused; then a good one is not', async (_, bytes, expected) => {
    const at = await serving({ websocket: { origins: [origin] } })
    const client = await raw(at, Buffer.from(bytes, 'latin1'))
    await client.gone
    expect(client.text()).toMatch(expected)
    const good = await dial(at, { origin })
    say(good, add)
    await expect.poll(() => good.texts).toEqual([sum])
  })

  test.each<[string, Buffer, number]>([
    ['a frame without a mask', Buffer.from('8102 7b7d'.replace(' ', ''), 'hex'), 1002],
    ['a kind that does not exist', Buffer.from('838000000000', 'hex'), 1002],
    ['bits that nobody agreed on', Buffer.from('c18000000000', 'hex'), 1002],
    ['a fragment of nothing', Buffer.from('808000000000', 'hex'), 1002],
    ['a ping in fragments', Buffer.from('098000000000', 'hex'), 1002],
    ['a length of 2^63', Buffer.from('81ff7fffffffffffffff00000000', 'hex'), 1009],
  ])('%s after it ends the connection, and says why', async (_, bytes, code) => {
    const at = await serving()
    const client = await raw(at, head())
    await expect.poll(client.text).toMatch(/^HTTP\/1\.1 101 /)
    client.socket.write(bytes)
    await client.gone
    const closing = Buffer.from(client.text().split('\r\n\r\n')[1]!, 'latin1')
    expect({ opcode: closing[0]! & 15, code: closing.readUInt16BE(2) }).toEqual({ opcode: 8, code })
    const good = await dial(at)
    say(good, add)
    await expect.poll(() => good.texts).toEqual([sum])
  })

  test('that does not come to its end is not waited for', async () => {
    const client = await raw(await serving({ websocket: { headTimeout: 200 } }), head().slice(0, -4))
    await client.gone
    expect(client.text()).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('is done once: afterwards a connection may be silent', async () => {
    const client = await dial(await serving({ websocket: { idle: 50, sendTimeout: 50, headTimeout: 100, requestTimeout: 100 } }))
    await delay(400)
    say(client, add)
    await expect.poll(() => client.texts).toEqual([sum])
  })

  test('compression is not agreed on', async () => {
    const client = await raw(await serving(), head('Sec-WebSocket-Extensions: permessage-deflate\r\n'))
    await expect.poll(client.text).toMatch(/^HTTP\/1\.1 101 /)
    expect(client.text()).not.toMatch(/extensions/i)
  })
})
