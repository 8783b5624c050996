import { DisconnectedError } from '@rpc-steps/wire'
import { expect, onTestFinished, test, vi } from 'vitest'
import { answer } from '../src/index.ts'
import type { Handler } from '../src/index.ts'
import { calling, connected, listening, raw } from './ends.ts'

const say = { id: 1, method: 'say', params: { text: 'Hello' } }

test('a slow request does not hold up the one behind it', async () => {
  const { port } = await listening(answer)
  const peer = await raw(port)
  peer.send({ id: 1, method: 'sleep', params: [30] }, { ...say, id: 2 })
  expect((await peer.message())?.id).toBe(2)
  expect((await peer.message())?.id).toBe(1)
})

test('replies of one turn travel in one chunk', async () => {
  const { port } = await listening(answer)
  const peer = await raw(port)
  const chunks: string[] = []
  peer.socket.on('data', (chunk: Buffer) => chunks.push(chunk.toString()))
  peer.send(...Array.from({ length: 50 }, (_, id) => ({ ...say, id })))
  for (let i = 0; i < 50; i++) await peer.message()
  expect(chunks).toHaveLength(1)
})

test('what a handler throws before it returns is an internal error', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  const { port } = await listening(() => {
    throw new Error('the secret')
  })
  const client = await connected({ port })
  const error = await calling(client, 'method').catch((e: unknown) => e)
  expect(error).toMatchObject({ code: -32603, message: 'Internal error' })
  const { incident } = (error as { data: { incident: string } }).data
  expect(JSON.stringify(error)).not.toContain('secret')
  expect(log).toHaveBeenCalledExactlyOnceWith(
    expect.stringMatching(`^internal error ${incident}: Error: the secret`),
  )
  log.mockRestore()
})

test('of several responses to one request the first counts; an error after it is reported', async () => {
  const lines: string[] = []
  const handler: Handler = (_, respond) => {
    respond(null, 'first')
    respond(null, 'second')
    throw new Error('third')
  }
  const { port } = await listening(handler, { log: (line) => lines.push(line) })
  const client = await connected({ port })
  expect(await calling(client, 'method')).toBe('first')
  expect(await calling(client, 'method')).toBe('first')
  expect(client.unknownReplies).toBe(0)
  expect(lines).toEqual(Array(2).fill(expect.stringMatching(/^internal error .*: Error: third/)))
})

test('a client that has ended still gets its replies', async () => {
  const { port } = await listening(answer)
  const peer = await raw(port)
  peer.send({ id: 1, method: 'sleep', params: [20] }, say, { id: 2, method: 'sleep', params: [10] })
  peer.socket.end()
  const ids = [await peer.message(), await peer.message(), await peer.message()].map((m) => m?.id)
  expect(ids).toEqual([1, 2, 1])
  expect(await peer.end()).toBe('end')
})

test('a client that has ended and reads slowly gets the whole reply', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const text = 'x'.repeat(14_000_000) // more than the buffers of the kernel take
  const { port } = await listening((_, respond) => respond(null, text))
  const peer = await raw(port)
  peer.socket.pause()
  peer.send(say)
  peer.socket.end()
  const closes = () => expect(vi.getTimerCount(), 'the server has begun to close').toBe(1)
  await vi.waitFor(closes, { timeout: 20_000 })
  vi.advanceTimersByTime(1_700) // longer than a peer has to go
  peer.socket.resume()
  expect((await peer.message())?.result).toHaveLength(text.length)
  expect(await peer.end()).toBe('end')
})

test.each([
  ['garbage', 'garbage\r\n\r\n', -32700],
  ['a request of the web', 'POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}', -32700],
  ['2 GB', 'Content-Length: 2147483648\r\n\r\n', -32600],
])('%s gets one answer and the end, and nobody else notices', async (_, bytes, code) => {
  const { port } = await listening(answer)
  const client = await connected({ port })
  const slow = calling(client, 'sleep', { ms: 20 })
  const peer = await raw(port)
  peer.socket.write(bytes.repeat(1_000))
  expect(await peer.message()).toMatchObject({ id: null, error: { code } })
  expect(await peer.message()).toBeUndefined()
  expect(peer.ended).toBe('end')
  expect(await slow).toBe(20)
})

test('a frame that is not finished in time ends its connection', async () => {
  const { port } = await listening(answer, { frameTimeout: 40 })
  const peer = await raw(port)
  peer.send(say)
  expect(await peer.message()).toMatchObject({ result: 'You said: Hello' })
  peer.socket.write('Content-Length: 10\r\n\r\n{')
  expect(await peer.message()).toMatchObject({ id: null, error: { code: -32700 } })
  expect(await peer.end()).toBe('end')
})

test('a frame that is finished in time stops the clock', async () => {
  // With a clock of its own: on the machine's, a busy moment could make the second half late.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { port } = await listening(answer, { frameTimeout: 400 })
  const [peer, other] = [await raw(port), await connected({ port })]
  peer.socket.write('Content-Length: 58\r\n\r\n{"jsonrpc":"2.0",')
  await calling(other, 'add', [1, 1]) // by now the server has that half
  vi.advanceTimersByTime(399)
  peer.socket.write('"method":"sleep","params":[600],"id":1}  ')
  await calling(other, 'add', [1, 1])
  vi.advanceTimersByTime(600)
  expect(await peer.message()).toMatchObject({ id: 1, result: 600 })
})

test('who leaves in the middle of a frame, or resets, takes nobody along', async () => {
  const server = await listening(answer)
  const client = await connected(server)
  for (const bytes of ['Content-Length: 1', 'Content-Length: 10\r\n\r\n{', '']) {
    const left = await raw(server.port)
    left.socket.end(bytes)
    expect(await left.end()).toBe('end')
    const reset = await raw(server.port)
    reset.send({ id: 1, method: 'sleep', params: [10] })
    reset.socket.write(bytes)
    reset.socket.resetAndDestroy()
  }
  expect(await calling(client, 'sleep', [30])).toBe(30)
  await expect.poll(() => server.connections).toBe(1)
})

test('a client that never reads is not read either, and loses nothing', async () => {
  let handled = 0
  const counting: Handler = (request, respond) => {
    if (request.method === 'say') handled++
    answer(request, respond)
  }
  // More replies than the kernel's buffers and the hard cap together could hold.
  const [text, count] = ['x'.repeat(100_000), 300]
  const { port } = await listening(counting, { hardCap: 1_000_000 })
  const peer = await raw(port)
  peer.socket.pause()
  let taken = 0
  // One write after the other, or those that wait would be told as one.
  const send = () => {
    if (taken === count) return
    peer.write([{ ...say, id: taken, params: { text } }], () => {
      taken++
      send()
    })
  }
  send()

  // Until it has answered somebody else twenty times, and has neither read nor run more meanwhile.
  const other = await connected({ port })
  for (let idle = 0, before = -1; idle < 20; before = handled + taken) {
    await calling(other, 'add', [1, 1])
    idle = handled + taken === before ? idle + 1 : 0
  }
  expect(handled).toBeLessThan(count)
  expect(taken, 'requests that the server has read, or the kernel for it').toBeLessThan(count)
  peer.socket.resume()
  for (let id = 0; id < count; id++) expect(await peer.message()).toMatchObject({ id, result: `You said: ${text}` })
})

test('replies above the hard cap end the connection', async () => {
  const { port } = await listening(
    (_, respond) => setTimeout(() => respond(null, 'x'.repeat(100_000)), 10),
    { hardCap: 500_000 },
  )
  const peer = await raw(port)
  peer.socket.pause()
  peer.send(...Array.from({ length: 200 }, (_, id) => ({ ...say, id })))
  await calling(await connected({ port }), 'method') // by now the answers were due
  peer.socket.resume()
  for (let m; (m = await peer.message()); ) expect(m.result).toHaveLength(100_000)
  expect(peer.ended).toBeDefined()
})

test('a thousand connections at once', async () => {
  const server = await listening(answer)
  const peers = await Promise.all(Array.from({ length: 1_000 }, () => raw(server.port)))
  for (const peer of peers) peer.send(say)
  for (const peer of peers) expect((await peer.message())?.result).toBe('You said: Hello')
  expect(server.connections).toBe(1_000)
  for (const peer of peers) peer.socket.end()
  for (const peer of peers) await peer.end()
  await expect.poll(() => server.connections).toBe(0)
})

test('a port in use is an error of listen', async () => {
  const { port } = await listening(answer)
  const second = listening(answer, { port })
  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE', address: '127.0.0.1', port })
})

test('stop answers what is in flight, and does not wait for who is idle', async () => {
  const server = await listening(answer)
  const [busy, idle] = [await connected(server), await raw(server.port)]
  const order: string[] = []
  const slow = calling(busy, 'sleep', { ms: 40 }).then(() => order.push('answered'))
  await calling(busy, 'say', { text: 'the server has both' })
  const stopped = new Promise<void>((resolve) => server.close(resolve)).then(() => order.push('stopped'))
  expect(await idle.end()).toBe('end')
  await expect(connected(server)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await slow
  idle.socket.destroy()
  await stopped
  expect(order).toEqual(['answered', 'stopped'])
})

test('stopped twice, also while it stops, a server calls back twice', async () => {
  const server = await listening(answer)
  const client = await connected(server)
  const slow = calling(client, 'sleep', { ms: 20 })
  await calling(client, 'add', [1, 1]) // the server has both
  const stopped: string[] = []
  server.close(() => stopped.push('first'))
  server.close(() => stopped.push('second'))
  expect(await slow).toBe(20)
  await expect.poll(() => stopped).toEqual(['first', 'second'])
  await new Promise<void>((resolve) => server.close(resolve))
})

test('a client may speak in lines', async () => {
  const client = await connected({ ...(await listening(answer)), framing: 'newline' })
  expect(await calling(client, 'say', { text: 'one line' })).toBe('You said: one line')
})

test('stop gives up on who does not go', async () => {
  const server = await listening(() => {}, { grace: 50 })
  const client = await connected(server)
  const peer = await raw(server.port)
  const call = calling(client, 'method').catch((e: unknown) => e)
  await expect.poll(() => server.connections).toBe(2)
  await new Promise<void>((resolve) => server.close(resolve))
  expect(await call).toBeInstanceOf(DisconnectedError)
  expect(await peer.end()).toBe('end')
  await expect.poll(() => server.connections).toBe(0)
})
