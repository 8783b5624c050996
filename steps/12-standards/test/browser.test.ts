import { once } from 'node:events'
import { WebSocket as Socket, WebSocketServer } from 'ws'
import type { AddressInfo } from 'node:net'
import type { Json } from '@rpc-steps/async-await'
import { codes } from '@rpc-steps/async-await'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { callByFetch, streamByFetch } from '../src/browser/over-fetch.ts'
import { Connection, opened } from '../src/browser/over-websocket.ts'
import type { Options } from '../src/browser/reply.ts'
import { all, deferred, served } from './support.ts'
import type { Options as Serving } from './support.ts'

/** What a page has in either protocol. */
interface Client {
  call(method: string, params: Json, options?: Options): Promise<Json>
  stream(method: string, params: Json, options?: Options): AsyncGenerator<Json>
}

/** Node 20 has no WebSocket of its own. */
async function connected(port: number): Promise<{ connection: Connection; socket: Socket }> {
  const socket = new Socket(`ws://127.0.0.1:${port}`)
  onTestFinished(() => socket.terminate())
  return { connection: new Connection(await opened(socket as unknown as WebSocket)), socket }
}

const clients: Record<string, (options?: Serving) => Promise<Client>> = {
  fetch: async (options) => {
    const service = { url: `http://127.0.0.1:${(await served(options)).http.port}` }
    return {
      call: (...asked) => callByFetch(service, ...asked),
      stream: (...asked) => streamByFetch(service, ...asked),
    }
  },
  WebSocket: async (options) => (await connected((await served(options)).websocket.port)).connection,
}

/** A stream without end, and what is known of it at the server. */
function endless(ms = 0) {
  const ended = deferred<number>()
  async function* items() {
    let made = 0
    try {
      for (;;) {
        if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
        yield ++made
      }
    } finally {
      ended.resolve(made)
    }
  }
  return { own: { endless: () => items() }, ended: ended.promise }
}

describe.each(Object.entries(clients))('a page, by %s', (name, open) => {
  test('gets results, and errors as they are', async () => {
    const { call, stream } = await open().then((client) => ({ call: client.call.bind(client), stream: client.stream.bind(client) }))
    expect(await call('add', { a: 1, b: 2 })).toBe(3)
    expect(await Promise.all([1, 2, 3].map((a) => call('add', { a, b: 1 })))).toEqual([2, 3, 4])
    expect(await call('notify_hello', [1])).toBe(null)
    await expect(call('fail', { code: 7, message: 'no', data: { tray: 2 } })).rejects.toMatchObject({ code: 7, message: 'no', data: { tray: 2 } })
    await expect(call('nobody', {})).rejects.toMatchObject({ code: codes.methodNotFound })
    await expect(call('sleep', { ms: 5000 }, { timeoutMs: 20 })).rejects.toMatchObject({ code: codes.deadlineExceeded })
    expect(await all(stream('fail', { code: 7, message: 'no' }))).toEqual([7])
  })

  test('gets a stream, and an error in the middle of it behind the items before it', async () => {
    async function* broken() {
      yield* [null, 0, '', 'é\n\n']
      throw new Error('a bug')
    }
    const client = await open({ own: { broken: () => broken() }, http: { log: () => {} }, websocket: { log: () => {} } })
    expect(await all(client.stream('count', { to: 1000 }))).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1))
    expect(await all(client.stream('count', { to: 0 }))).toEqual([])
    expect(await all(client.stream('broken', {}))).toEqual([null, 0, '', 'é\n\n', codes.internalError])
    const late = await all(client.stream('feed', { ms: 10, items: 1000 }, { timeoutMs: 60 }))
    expect(late.at(-1)).toBe(codes.deadlineExceeded)
    expect(late.length).toBeLessThan(10)
  })

  test('leaves the loop, and the generator at the server has ended', async () => {
    const { own, ended } = endless(1)
    const client = await open({ own })
    for await (const item of client.stream('endless', {})) if (item === 5) break
    await ended
  })

  test('gives up in the middle, while it waits for an item and while it has some unread', async () => {
    for (const [ms, unread] of [[5, false], [0, true]] as const) {
      const { own, ended } = endless(ms)
      const client = await open({ own })
      const giveUp = new AbortController()
      const stream = client.stream('endless', {}, { signal: giveUp.signal })
      for (let i = 0; i < 3; i++) await stream.next()
      if (!unread) setTimeout(() => giveUp.abort(), 2)
      else giveUp.abort()
      const rest = await all(stream)
      expect(rest.at(-1)).toBe(name === 'fetch' ? DOMException.ABORT_ERR : codes.requestCancelled)
      if (unread) expect(rest).toHaveLength(1)
      await ended
    }
  })

  test('gives up a call, before and while it goes on', async () => {
    const begun = deferred()
    const ended = deferred()
    const client = await open({ own: { wait: (_, context) => {
      begun.resolve()
      return new Promise((_, reject) => context.signal.addEventListener('abort', () => {
        ended.resolve()
        reject(context.signal.reason as Error)
      }))
    } } })
    const giveUp = new AbortController()
    const waiting = client.call('wait', {}, { signal: giveUp.signal })
    await begun.promise
    giveUp.abort()
    const given = name === 'fetch' ? { name: 'AbortError' } : { code: codes.requestCancelled }
    await expect(waiting).rejects.toMatchObject(given)
    await ended.promise
    await expect(client.call('sleep', { ms: 60_000 }, { signal: giveUp.signal })).rejects.toMatchObject(given)
    expect(await client.call('add', { a: 1, b: 2 })).toBe(3)
  })
})

describe('a WebSocket of a page', () => {
  test('is never sent more than was granted, however slowly it is read', async () => {
    const { own, ended } = endless()
    const { connection, socket } = await connected((await served({ own })).websocket.port)
    let come = 0
    let read = 0
    let most = 0
    socket.on('message', (data) => {
      const { params } = JSON.parse((data as Buffer).toString()) as { params?: { items: unknown[] } }
      come += params?.items.length ?? 0
      most = Math.max(most, come - read)
    })
    for await (const item of connection.stream('endless', {})) {
      read++
      if (item === 200) break
      if (Number(item) % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect(most).toBeGreaterThan(10)
    expect(most).toBeLessThanOrEqual(32)
    expect(await ended).toBeLessThan(300)
  })

  test('that is lost ends what is on it, and what is asked later', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const accepted = once(server, 'connection') as Promise<[Socket]>
    const { connection } = await connected((server.address() as AddressInfo).port)
    const call = connection.call('any', {})
    const stream = all(connection.stream('any', {}))
    const [there] = await accepted
    await once(there, 'message')
    there.terminate()
    await expect(call).rejects.toThrow('the connection was lost')
    expect(await stream).toEqual(['Error'])
    await expect(connection.call('any', {})).rejects.toThrow('the connection was lost')
    expect(await all(connection.stream('any', {}))).toEqual(['Error'])
  })

  test('that cannot be opened says so', async () => {
    const { websocket } = await served()
    const socket = new Socket(`ws://127.0.0.1:${websocket.port}`, { origin: 'http://elsewhere.example' })
    socket.on('error', () => {})
    await expect(opened(socket as unknown as WebSocket)).rejects.toThrow('this page may not call it')
  })

  test('keeps nothing of a call that has ended', async () => {
    const { connection } = await connected((await served()).websocket.port)
    const giveUp = new AbortController()
    const [add, remove] = [vi.spyOn(giveUp.signal, 'addEventListener'), vi.spyOn(giveUp.signal, 'removeEventListener')]
    for (let i = 0; i < 100; i++) await connection.call('add', { a: i, b: 1 }, { signal: giveUp.signal })
    expect(add).toHaveBeenCalledTimes(100)
    expect(remove).toHaveBeenCalledTimes(100)
  })
})
