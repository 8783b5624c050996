import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { Duplex } from 'node:stream'
import { DisconnectedError, createFramer, requestText } from '@rpc-steps/wire'
import type { Request, Respond, Text } from '@rpc-steps/wire'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Connection } from '../src/index.ts'
import type { ConnectionOptions } from '../src/index.ts'
import { raw } from './ends.ts'

/** A stream whose other side is the test. */
class TestStream extends Duplex {
  readonly writes: number[] = []
  /** Takes nothing until `letGo` is called. */
  stuck = false
  #taken: () => void = () => {}

  override _read(): void {}

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.writes.push(chunk.length)
    if (this.stuck) this.#taken = done
    else done()
  }

  letGo(): void {
    this.#taken()
  }
}

/** A connection over a stream, the requests that it has run, and how it has ended. */
function over(stream: Duplex, options: ConnectionOptions = {}) {
  const running: { request: Request; respond: Respond }[] = []
  const closed: unknown[] = []
  const events = {
    request: (request: Request, respond: Respond) => void running.push({ request, respond }),
    closed: (cause: unknown) => void closed.push(cause),
  }
  const { session } = new Connection(stream, events, options)
  onTestFinished(() => void stream.destroy())
  return { session, running, closed }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
const frame = (text: Text) => createFramer('content-length').frame(text)
const kilobytes = (n: number) => ['x'.repeat(n * 1024)]

describe('what is sent', () => {
  test('in one turn leaves in one write, by however many callbacks it was said', async () => {
    const stream = new TestStream()
    const { session } = over(stream)
    const timers = [1, 2, 3].map(
      (n) => new Promise<void>((resolve) => setTimeout(() => resolve(session.notify(`timer ${n}`)), 1)),
    )
    await Promise.all(timers)
    process.nextTick(() => session.notify('tick'))
    await Promise.resolve().then(() => session.notify('promise'))
    expect(stream.writes).toEqual([])
    await turn()
    expect(stream.writes).toHaveLength(1)
  })

  test('leaves at once when it is enough for a write', () => {
    const stream = new TestStream()
    const { session } = over(stream)
    session.notify('large', kilobytes(64))
    expect(stream.writes).not.toEqual([])
  })

  test('waits in the session, which counts it, while the stream has not taken what it has', async () => {
    const stream = new TestStream()
    stream.stuck = true
    const { session } = over(stream)
    session.notify('large', kilobytes(300))
    await turn()
    expect(stream.writes).toHaveLength(1)
    expect(session.stats.held).toBeGreaterThan(300 * 1024)
    expect(stream.writableLength).toBeLessThan(100 * 1024)
    while (session.stats.held > 0) {
      const { length } = stream.writes
      stream.letGo()
      await turn()
      expect(stream.writes.length).toBeLessThanOrEqual(length + 1)
    }
    expect(stream.writes.reduce((a, b) => a + b)).toBeGreaterThan(300 * 1024)
  })

  test('late, and is the last: then the end follows', async () => {
    const stream = new TestStream()
    stream.stuck = true
    const { session } = over(stream, { grace: Infinity, sendTimeout: Infinity })
    session.notify('last words')
    session.close()
    await turn()
    expect(stream.writableEnded).toBe(false)
    stream.letGo()
    await once(stream, 'finish')
  })
})

describe('a stream that is over already', () => {
  test('because it is closed: its owner is told, on a later turn, and its callers at once', async () => {
    const stream = new TestStream()
    stream.destroy()
    await once(stream, 'close')
    const { session, closed } = over(stream)
    const told: unknown[] = []
    session.call('x', [], (error) => told.push(error))
    expect(closed).toEqual([])
    await turn()
    expect(closed).toEqual([undefined])
    expect(told).toEqual([expect.any(DisconnectedError)])
  })

  test('because nothing comes any more: callers are told', async () => {
    const stream = new TestStream().resume()
    stream.push(null)
    await once(stream, 'end')
    const { session } = over(stream)
    const told: unknown[] = []
    session.call('x', [], (error) => told.push(error))
    await turn()
    expect(told).toEqual([expect.any(DisconnectedError)])
    await expect.poll(() => stream.closed).toBe(true)
  })

  test('because it takes no more: nothing is written to it', async () => {
    const stream = new TestStream()
    stream.end()
    await once(stream, 'finish')
    const { session, closed } = over(stream, { sendTimeout: 20 })
    session.notify('x')
    await expect.poll(() => closed).toHaveLength(1)
    expect(closed[0]).toMatchObject({ message: 'the peer has read nothing for 20 ms' })
  })
})

describe('the end', () => {
  test('of the peer leaves our side open, also on a stream that would close it', async () => {
    const server = createServer({ allowHalfOpen: false }, (socket) => {
      const { running } = over(socket)
      socket.on('end', () => setImmediate(() => running[0]!.respond(null, 'late')))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    onTestFinished(() => void server.close())
    const peer = await raw((server.address() as AddressInfo).port)
    peer.send({ id: 1, method: 'x' })
    peer.socket.end()
    expect(await peer.message()).toMatchObject({ result: 'late' })
    expect(await peer.end()).toBe('end')
  })

  test('of ours is said to a peer that stays, and nobody waits for it to go', async () => {
    const stream = new TestStream()
    const { session } = over(stream, { grace: Infinity, linger: Infinity })
    session.close()
    await once(stream, 'finish')
    expect(stream.destroyed).toBe(false)
    stream.push(null)
    await once(stream, 'close')
  })

  test('of ours may take a while, as in TLS, and is not cut off', async () => {
    let said = false
    const stream = new TestStream({
      final(done) {
        setImmediate(() => {
          said = true
          done()
        })
      },
    })
    const { session, closed } = over(stream)
    stream.push(null)
    session.close()
    await expect.poll(() => closed).toHaveLength(1)
    expect(said).toBe(true)
  })

  test('leaves no timer behind', async () => {
    let timers = 0
    const clock = { now: () => 0, after: () => (timers++, () => void timers--) }
    const stream = new TestStream()
    over(stream, { clock })
    stream.push('Content-Le')
    await expect.poll(() => timers).toBe(1)
    stream.destroy()
    await once(stream, 'close')
    expect(timers).toBe(0)
  })

  test('is due when the time for a frame is over, on the clock that it was given', async () => {
    let time = 0
    const jobs: (() => void)[] = []
    const clock = { now: () => time, after: (ms: number, job: () => void) => (jobs.push(() => time >= ms && job()), () => {}) }
    const stream = new TestStream()
    const { session } = over(stream, { clock, frameTimeout: 1e9 })
    stream.push('Content-Le')
    await expect.poll(() => jobs).toHaveLength(1)
    time = 1e9
    jobs[0]!()
    await turn()
    expect(stream.writes).toHaveLength(1)
    expect(session.cause).toMatchObject({ code: 'ERR_FRAMING' })
  })
})

test('while it does not read, a stream is paused; it goes on when there is room', async () => {
  const stream = new TestStream()
  stream.stuck = true
  const { session, running } = over(stream, { highWater: 10, parked: 2 })
  stream.push(frame(requestText(1, 'x')))
  await expect.poll(() => running).toHaveLength(1)
  running[0]!.respond(null, 'an answer that nobody takes')
  await turn()
  stream.push(frame(requestText(2, 'x')) + frame(requestText(3, 'x')))
  await expect.poll(() => stream.isPaused()).toBe(true)
  expect(session.stats.parked).toBe(2)
  stream.letGo()
  expect(running.map(({ request }) => request.id)).toEqual([1, 2, 3])
  expect(stream.isPaused()).toBe(false)
})
