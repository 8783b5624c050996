import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cuts, faults, gentle } from '../src/acts.ts'
import type { Fault } from '../src/acts.ts'
import { over, raw } from '../src/peer.ts'
import { chaosProxy } from '../src/proxy.ts'
import type { News, Proxy } from '../src/proxy.ts'

/** Bytes that nobody would send by accident. */
const bytes = Buffer.concat(Array.from({ length: 5_000 }, (_, i) => createHash('sha512').update(String(i)).digest()))
const seeds = [1, 2, 3, 4, 5, 6, 7, 8]

/** Takes a connection as it is told to. */
let serve: (socket: Socket) => void
let server: Server
let proxy: Proxy | undefined
let news: News[]
beforeEach(async () => {
  news = []
  server = createServer({ allowHalfOpen: true }, (socket) => serve(socket.on('error', () => {})))
  await once(server.listen(0, '127.0.0.1'), 'listening')
})
afterEach(() => {
  proxy?.close()
  server.close()
})

async function throughProxy(seed: number, some: readonly Fault[]): Promise<Socket> {
  proxy?.close()
  const to = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  proxy = await chaosProxy({ seed, faults: some, longest: 20, to, told: (one) => news.push({ ...one, passed: { ...one.passed } }) })
  const socket = await raw(proxy.port)
  socket.allowHalfOpen = true
  return socket
}

/** All that came until the end, or until the connection was reset. */
async function received(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  await Promise.race([once(socket, 'end').catch(() => {}), new Promise((done) => socket.once('close', done))])
  return Buffer.concat(chunks)
}

const begun = () => news.filter(({ way }) => way !== undefined).map(({ what }) => what)

describe('a network that loses nothing', () => {
  it.each([...gentle, 'nothing' as const])('hands on all bytes both ways, in their order: %s', async (fault) => {
    const some = fault === 'nothing' ? [] : [fault]
    serve = (socket) => socket.pipe(socket)
    for (const seed of seeds) {
      const socket = await throughProxy(seed, some)
      socket.end(bytes)
      expect((await buffer(socket)).equals(bytes)).toBe(true)
      await over(socket)
    }
    expect([...new Set(begun())]).toEqual(some)
  })

  it('has a connection over when both ends have said all, and not before', async () => {
    serve = (socket) => socket.on('end', () => socket.end(bytes)).resume()
    const socket = await throughProxy(1, gentle)
    expect(proxy!.open).toBe(1)
    socket.end('all')
    expect((await buffer(socket)).equals(bytes)).toBe(true)
    await expect.poll(() => proxy!.open).toBe(0)
    expect(news.at(-1)).toMatchObject({ what: 'closed', passed: { up: 3, down: bytes.length } })
  })

  it('hands on a reset as one', async () => {
    let there = () => {}
    const heard = new Promise<void>((resolve) => (there = resolve))
    const reset = new Promise<Error>((resolve) => (serve = (socket) => socket.on('error', resolve).on('data', there)))
    const socket = await throughProxy(1, gentle)
    socket.write('x')
    await heard
    socket.resetAndDestroy()
    expect(await reset).toMatchObject({ code: 'ECONNRESET' })
  })
})

describe('a network that cuts', () => {
  it.each(cuts)('hands on the first bytes and no others: %s', async (fault) => {
    let whole = 0
    for (const seed of seeds.flatMap((seed) => [seed, seed + 100, seed + 200])) {
      const up = new Promise<Buffer>((resolve) => {
        serve = (socket) => {
          void received(socket).then(resolve)
          socket.end(bytes)
        }
      })
      const socket = await throughProxy(seed, [fault])
      socket.end(bytes)
      const arrived = [await received(socket), await up]
      for (const some of arrived) expect(bytes.subarray(0, some.length).equals(some)).toBe(true)
      if (arrived.every(({ length }) => length === bytes.length)) whole++
      else expect(begun()).toContain(fault)
      // One way that is cut off lets the other come to its end.
      if (fault === 'half-close') expect(Math.max(...arrived.map(({ length }) => length))).toBe(bytes.length)
      await over(socket)
      await expect.poll(() => proxy!.open).toBe(0)
    }
    // Not every connection, and not none.
    expect(whole).toBeGreaterThan(0)
    expect(whole).toBeLessThan(24)
  })
})

describe('the seed', () => {
  /** What was done to the two ways of one connection. */
  async function done(seed: number, chunk: number): Promise<unknown[][]> {
    news = []
    serve = (socket) => void received(socket).then(() => socket.end(bytes))
    const socket = await throughProxy(seed, faults)
    for (let at = 0; at < bytes.length && socket.writable; at += chunk) {
      await new Promise((taken) => socket.write(bytes.subarray(at, at + chunk), taken))
    }
    socket.end()
    await received(socket)
    await over(socket)
    const acts = news.flatMap(({ what, way, act, passed }) => (way ? [[way, what, passed[way], act]] : []))
    return ['up', 'down'].map((one) => acts.filter(([way]) => way === one))
  }

  it('does the same at the same byte, however the bytes come', async () => {
    for (const seed of seeds) {
      const [first, again] = [await done(seed, 1_000), await done(seed, 50_000)]
      // What a reset keeps from being seen is a matter of time.
      const cut = first.flat().some((act) => (act as string[])[1] === 'reset')
      if (cut) expect(again.flat().some((act) => (act as string[])[1] === 'reset')).toBe(true)
      else expect(again).toEqual(first)
    }
  })

  it('is what makes the difference', async () => {
    expect(await done(1, 1_000)).not.toEqual(await done(2, 1_000))
  })
})

it('says that the server cannot be reached, and hangs up', async () => {
  const socket = await throughProxy(1, gentle)
  socket.destroy()
  const closed = proxy!
  const unreachable = await chaosProxy({ seed: 1, to: closed, told: (one) => news.push(one) })
  closed.close()
  const lost = await raw(unreachable.port)
  await over(lost)
  expect(news.at(-2)).toMatchObject({ what: 'unreachable', cause: { code: 'ECONNREFUSED' } })
  unreachable.close()
})
