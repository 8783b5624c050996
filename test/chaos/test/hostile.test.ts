import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { startServer } from '@rpc-steps/cli/processes'
import type { RunningServer } from '@rpc-steps/cli/processes'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { beServed, Client, over, raw } from '../src/peer.ts'
import { canMeasure, cpuTime, memory, openFiles } from '../src/process.ts'
import { all, hasThreads, servesOneAtATime, waitsInItsOwnWay } from '../src/subjects.ts'

const KiB = 1024
const MiB = 1024 * KiB

describe.each(all)('$name', (subject) => {
  // What never becomes a call is no business of the order in a queue.
  const own = waitsInItsOwnWay(subject)
  const alone = servesOneAtATime(subject)
  let server: RunningServer
  let port: number
  let pid: number
  let files: number

  beforeAll(async () => {
    server = await startServer(subject.server, subject.args)
    ;({ port, pid } = server)
    if (canMeasure) files = openFiles(pid)
    // What the first calls leave behind, compiled code for one, is there to stay.
    await manyCalls(port, 2_000)
  })
  // Whatever has been done to it, this very process serves the next client.
  afterEach(async () => {
    await beServed(port)
    expect(server.process.exitCode).toBe(null)
    expect(server.process.pid).toBe(pid)
  })
  afterAll(() => server.stop())

  it.runIf(own)('survives a client that sends half a frame and leaves', async () => {
    for (const half of ['C', 'Content-Length: 10\r', 'Content-Length: 100\r\n\r\n{"json', '{"json']) {
      const socket = await raw(port)
      socket.end(half)
      await over(socket)
    }
  })

  it.runIf(own)('survives a client that resets the connection inside a frame', async () => {
    for (const half of ['Content-Length: 10\r', 'Content-Length: 100\r\n\r\n{"json']) {
      const socket = await raw(port)
      await write(socket, half)
      socket.resetAndDestroy()
    }
  })

  it('survives a client that resets the connection while its calls run', async () => {
    const client = await Client.to(port)
    await client.call('sum', [1])
    for (let i = 0; i < 20; i++) client.call('sleep', [5]).catch(() => {})
    await write(client.socket, '')
    client.socket.resetAndDestroy()
  })

  it('survives a client that resets the connection inside an answer', async () => {
    const socket = await raw(port)
    socket.write(say('x'.repeat(3 * MiB)))
    await new Promise((done) => socket.once('data', done))
    socket.resetAndDestroy()
  })

  it.runIf(own)('survives garbage', async () => {
    const random = (seed: number) => {
      const hash = (i: number) => createHash('sha512').update(`${seed}.${i}`).digest()
      return Buffer.concat(Array.from({ length: 500 }, (_, i) => hash(i)))
    }
    const hello = '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'
    const garbage = [
      ...Array.from({ length: 20 }, (_, seed) => random(seed)),
      Buffer.alloc(64 * KiB),
      Buffer.from('\n'.repeat(64 * KiB)),
      Buffer.from(`[${random(99).toString('latin1')}`),
      Buffer.from(hello + '\0'.repeat(512), 'latin1'),
      Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n'),
      Buffer.from('SSH-2.0-OpenSSH_9.9\r\n'),
    ]
    for (const bytes of garbage) {
      const socket = await raw(port)
      socket.end(bytes)
      await over(socket)
    }
  })

  it.runIf(own)('hangs up on two gigabytes declared, and keeps no memory for them', async () => {
    const before = canMeasure ? memory(pid) : 0
    for (let i = 0; i < 20; i++) {
      const socket = await raw(port)
      socket.write('Content-Length: 2147483648\r\n\r\n{')
      await over(socket)
    }
    if (canMeasure) expect(memory(pid) - before).toBeLessThan(32)
  })

  it.runIf(own && canMeasure)('keeps no memory for four megabytes declared and not sent', async () => {
    const before = memory(pid)
    const sockets: Socket[] = []
    for (let i = 0; i < 100; i++) {
      const socket = await raw(port)
      sockets.push(socket)
      await write(socket, 'Content-Length: 4194304\r\n\r\n{')
      if (alone || hasThreads(subject)) socket.destroy()
    }
    // The last of them has been read when a later client is answered.
    await beServed(port)
    expect(memory(pid) - before).toBeLessThan(64)
    for (const socket of sockets) socket.destroy()
  })

  it('serves others while one sends requests and never reads the answers', async () => {
    const before = canMeasure ? memory(pid) : 0
    const socket = await raw(port)
    socket.pause()
    const request = say('x'.repeat(64 * KiB))
    let sent = 0
    while (sent < 64 * MiB && (await writeUnlessStuck(socket, request))) sent += request.length
    // Either it reads no more or it has hung up: it must not take all and keep the answers.
    expect(sent).toBeLessThan(64 * MiB)

    const other = beServed(port)
    // The only thread of step 01 is asleep in `send` until the one who does not read is gone.
    if (alone) socket.destroy()
    await other
    if (canMeasure) expect(memory(pid) - before).toBeLessThan(64)
    socket.destroy()
  })

  it('serves a thousand clients at once', async () => {
    const clients = Array.from({ length: 1000 }, async (_, i) => {
      const client = await Client.to(port)
      expect(await client.call('add', [i, 1])).toBe(i + 1)
      // One who blocks serves the next client when this one is gone.
      if (alone || hasThreads(subject)) await client.leave()
      return client
    })
    for (const client of await Promise.all(clients)) client.socket.destroy()
  })

  it.runIf(own && !alone && !hasThreads(subject))('serves one while a thousand say nothing', async () => {
    const silent = await Promise.all(Array.from({ length: 1000 }, () => raw(port)))
    await manyCalls(port, 100)
    for (const socket of silent) socket.destroy()
  })

  it.runIf(own)('hangs up on a header that drips for ever', async () => {
    const socket = await raw(port)
    socket.resume()
    // It must not wait for much more than the eight kilobytes that a header may have.
    for (let sent = 0; sent < 16 * KiB && socket.readable && socket.writable; sent++) {
      socket.write(sent === 1 ? ':' : 'x')
      await new Promise((done) => setImmediate(done))
    }
    // Before the time is over that any frame has, which is half a minute.
    await expect.poll(() => socket.readable && socket.writable).toBe(false)
    await over(socket)
  })

  // A reader that begins again with each chunk takes four times as long for one of 4 MiB as for
  // four of 1 MiB.
  it.runIf(own && canMeasure).each([
    ['line', (size: number) => `{"a":"${'x'.repeat(size - 6)}`],
    ['body', (size: number) => `Content-Length: ${size + 100}\r\n\r\n${'x'.repeat(size)}`],
  ])('reads one long %s that drips about as fast as four short ones', async (_, bytes) => {
    const cost = async (count: number, size: number) => {
      const before = cpuTime(pid)
      const drip = bytes(size)
      for (let i = 0; i < count; i++) {
        const socket = await raw(port)
        for (let at = 0; at < drip.length; at += KiB) await write(socket, drip.slice(at, at + KiB))
        socket.end()
        await over(socket)
      }
      return cpuTime(pid) - before
    }
    const short: number[] = []
    const long: number[] = []
    const ratio = () => Math.min(...long) / Math.min(...short)
    // On a busy machine it takes a few tries until both have been seen undisturbed.
    do {
      short.push(await cost(4, MiB))
      long.push(await cost(1, 4 * MiB - 200))
    } while (short.length < 8 && ratio() >= 2.2)
    expect(ratio()).toBeLessThan(2.2)
  })

  it.runIf(canMeasure)('has its files and memory back after 10,000 calls', async () => {
    await manyCalls(port, 5_000)
    // What a leak of 800 bytes a call would be. Four threads have four heaps, and so more habits.
    const leak = hasThreads(subject) ? 16 : 8
    // A heap may grow for a while, until it is swept; a leak grows every time.
    const grown: number[] = []
    do {
      const before = memory(pid)
      await manyCalls(port, 10_000)
      // A server may take a moment to close. Each look is one more client served.
      for (let i = 0; i < 200 && openFiles(pid) > files; i++) await beServed(port)
      expect(openFiles(pid)).toBeLessThanOrEqual(files)
      grown.push(memory(pid) - before)
    } while (grown.length < 12 && grown.at(-1)! >= leak)
    expect(Math.min(...grown)).toBeLessThan(leak)
  })
})

/** Calls on ten connections at a time; each makes a hundred calls, ten in flight, and leaves. */
async function manyCalls(port: number, calls: number): Promise<void> {
  let connections = calls / 100
  const lane = async () => {
    while (connections-- > 0) {
      const client = await Client.to(port)
      for (let i = 0; i < 10; i++) {
        const ten = Array.from({ length: 10 }, (_, j) => client.call('add', [i, j]))
        expect((await Promise.all(ten))[9]).toBe(i + 9)
      }
      await client.leave()
    }
  }
  await Promise.all(Array.from({ length: 10 }, lane))
}

function say(text: string): string {
  const body = JSON.stringify({ jsonrpc: '2.0', method: 'say', params: { text }, id: 1 })
  return `Content-Length: ${body.length}\r\n\r\n${body}`
}

/** Resolves when the kernel has the bytes. */
async function write(socket: Socket, bytes: string): Promise<void> {
  await new Promise((done) => socket.write(bytes, done))
}

/** False when the kernel has not taken the bytes after a while, or the connection is over. */
async function writeUnlessStuck(socket: Socket, bytes: string): Promise<boolean> {
  return new Promise((done) => {
    const timer = setTimeout(() => done(false), 300)
    socket.write(bytes, (error) => (clearTimeout(timer), done(!error)))
  })
}
