import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { createFramer } from '@rpc-steps/wire'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { MessageStream } from '../src/message-stream.ts'

/** One end of a WebSocket as a stream of frames, and the other as the library has it. */
async function connected(): Promise<{ stream: MessageStream; far: WebSocket }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  await once(server, 'listening')
  const far = new WebSocket(`ws://127.0.0.1:${(server.address() as { port: number }).port}/`, { perMessageDeflate: false })
  const [[near]] = (await Promise.all([once(server, 'connection'), once(far, 'open')])) as unknown as [[WebSocket], unknown]
  const stream = new MessageStream(near)
  stream.on('error', () => {})
  onTestFinished(() => {
    far.terminate()
    stream.destroy()
    server.close()
  })
  return { stream, far }
}

const { frame } = createFramer('content-length')
const large = 'x'.repeat(100_000)

/** Waits until a number stays as it is. */
async function settled(read: () => number): Promise<number> {
  for (let before = -1; before !== read(); await delay(100)) before = read()
  return read()
}

describe('a frame that is written', () => {
  test('leaves as one message, in whatever pieces it is written', async () => {
    const { stream, far } = await connected()
    const messages: string[] = []
    far.on('message', (data) => messages.push(String(data)))
    const bytes = Buffer.concat(['"a"', '"é"', '"c"'].map((text) => Buffer.from(frame(text))))
    let written = 0
    // Half a frame, then what is left of it with two others.
    stream.write(bytes.subarray(0, 10), () => written++)
    stream.write(bytes.subarray(10), () => written++)
    await expect.poll(() => ({ messages, written })).toEqual({ messages: ['"a"', '"é"', '"c"'], written: 2 })
  })

  test('is done when the socket has room, and not before', async () => {
    const { stream, far } = await connected()
    far.pause()
    let [written, come] = [0, 0]
    for (let i = 0; i < 300; i++) stream.write(frame(large), () => written++)
    // What the kernel takes is some megabytes, of thirty.
    expect(await settled(() => written)).toBeLessThan(200)
    far.on('message', () => come++)
    far.resume()
    await expect.poll(() => ({ written, come }), { timeout: 5000 }).toEqual({ written: 300, come: 300 })
  })

  test('fails when the socket closes before there is room', async () => {
    const { stream, far } = await connected()
    far.pause()
    let failed = 0
    for (let i = 0; i < 300; i++) stream.write(frame(large), (error) => (failed += error ? 1 : 0))
    await settled(() => stream.writableLength)
    far.terminate()
    await expect.poll(() => failed).toBeGreaterThan(0)
  })
})

describe('a message that comes', () => {
  test('is a frame', async () => {
    const { stream, far } = await connected()
    let text = ''
    stream.setEncoding('utf8').on('data', (piece: string) => (text += piece))
    far.send('"é"')
    far.send('"b"')
    await expect.poll(() => text).toBe('Content-Length: 4\r\n\r\n"é"Content-Length: 3\r\n\r\n"b"')
  })

  test('stays where it is while nobody reads, and then all come', async () => {
    const { stream, far } = await connected()
    for (let i = 0; i < 300; i++) far.send(large)
    await settled(() => stream.readableLength)
    expect(stream.readableLength).toBeLessThan(1_000_000)
    expect(far.bufferedAmount).toBeGreaterThan(10_000_000)
    let size = 0
    stream.on('data', (piece: Buffer) => (size += piece.length))
    await expect.poll(() => size, { timeout: 5000 }).toBe(300 * (large.length + 'Content-Length: 100000\r\n\r\n'.length))
  })
})
