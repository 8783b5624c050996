import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { run, start, startServer } from '@rpc-steps/cli/processes'
import type { RunningServer } from '@rpc-steps/cli/processes'
import { createFramer } from '@rpc-steps/wire'
import type { Reply } from '@rpc-steps/wire'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { requests } from './wire-peer.ts'

// The real kernel. What blocks runs in processes of its own, which can be killed.

const windows = process.platform === 'win32'
const linux = process.platform === 'linux'
const step = new URL('../', import.meta.url)
const serverFile = new URL('server.ts', step)
const clientFile = new URL('client.ts', step)

const opened: { stop(signal: NodeJS.Signals): Promise<unknown> }[] = []
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await Promise.all(opened.splice(0).map((process) => process.stop('SIGKILL')))
})

async function server(...args: string[]): Promise<RunningServer> {
  const running = await startServer(serverFile, args)
  opened.push(running)
  return running
}

const call = (port: number, ...words: string[]) => run(clientFile, ['--port', String(port), ...words])

/** A client that is not ours, and that does not block. */
async function dial(port: number) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  sockets.push(socket)
  const framer = createFramer('content-length')
  const replies: Reply[] = []
  socket.on('data', (chunk) => {
    framer.push(chunk)
    for (let body; (body = framer.next()) !== undefined; ) replies.push(JSON.parse(body) as Reply)
    socket.emit('replies')
  })
  socket.on('error', () => {})
  await once(socket, 'connect')
  const received = async (count: number) => {
    while (replies.length < count) await once(socket, 'replies', { signal: AbortSignal.timeout(30_000) })
    return replies
  }
  return { socket, replies, received, send: (text: string) => socket.write(text) }
}

describe.skipIf(windows)('one thread', () => {
  let shared: RunningServer
  beforeAll(async () => {
    shared = await startServer(serverFile)
  })
  afterAll(() => shared.stop('SIGKILL'))

  test('serves the command line: results in the order of the calls', async () => {
    const { port } = shared
    const words = ['say', '{"text":"Hello, server!"}', 'fail', '{"code":1,"message":"no"}', 'add', '[1,2]']
    const { code, stdout, stderr } = await call(port, ...words)
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '"You said: Hello, server!"\n3\n',
      stderr: 'fail: no (1)\n',
    })
  })

  test('a second client waits for the first, which is not even doing anything', async () => {
    const { port } = shared
    const first = await dial(port)
    first.send(requests(['get_data']))
    await first.received(1)
    const second = await dial(port)
    second.send(requests(['get_data']))
    // Twice more the first client is served, and the second, who asked before, is not.
    first.send(requests(['sleep', [50]]))
    await first.received(2)
    first.send(requests(['sleep', [50]]))
    await first.received(3)
    expect(second.replies).toEqual([])
    first.socket.end()
    expect(await second.received(1)).toMatchObject([{ result: ['hello', 5] }])
  })

  test('five calls take the sum of five, and come in order', async () => {
    const { port } = shared
    const client = await dial(port)
    const begun = performance.now()
    client.send(requests(['sleep', [50]], ['sleep', [40]], ['sleep', [30]], ['sleep', [20]], ['sleep', [10]]))
    const replies = await client.received(5)
    expect(replies.map(({ result }) => result)).toEqual([50, 40, 30, 20, 10])
    expect(performance.now() - begun).toBeGreaterThanOrEqual(150)
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('ends by %s itself, even while it sleeps', async (signal) => {
    const running = await server()
    const { socket } = await dial(running.port)
    expect(await running.stop(signal)).toEqual({ code: null, signal })
    socket.destroy()
  })

  // A machine that stands still for longer than half a second can spoil a try, but not three.
  test('a call that takes too long is given up, and the next one gets its own reply', { retry: 2 }, async () => {
    const { port } = shared
    // Both wait for the server to wake up; by then the first one's time is over.
    const words = ['--timeout', '1000', 'sleep', '{"ms":1500}', 'say', '{"text":"next"}']
    const { code, stdout, stderr } = await call(port, ...words)
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '"You said: next"\n',
      stderr: 'sleep: nothing came in time (recv)\n',
    })
  })

  test('hostile clients come and go, and no file descriptor stays', async () => {
    const { port, pid } = await server()
    const fds = () => (linux ? readdirSync(`/proc/${pid}/fd`).length : 0)
    const before = fds()
    for (const bytes of ['Content-Length: 40\r\n\r\n{"js', 'Content-Length: 2147483648\r\n\r\n', 'a'.repeat(100_000)]) {
      for (const leave of ['end', 'resetAndDestroy', 'destroy'] as const) {
        const { socket, send } = await dial(port)
        send(bytes)
        const closed = once(socket, 'close')
        socket.resume()[leave]()
        await closed
      }
    }
    const { code, stdout } = await call(port, 'get_data')
    expect({ code, stdout }).toEqual({ code: 0, stdout: '["hello",5]\n' })
    await expect.poll(fds).toBeLessThanOrEqual(before)
  })

  test('a client that is refused hears why: the answer is not lost in a reset', async () => {
    const { port } = shared
    const { socket, received, send } = await dial(port)
    const ended = once(socket, 'end')
    send('no header at all\r\n' + 'x'.repeat(3_000_000))
    expect(await received(1)).toMatchObject([{ id: null, error: { code: -32700 } }])
    await ended
    socket.end()
    expect(await once(socket, 'close')).toEqual([false])
  })

  test('a port in use, or nobody there, is one clear line', async () => {
    const { port } = shared
    const second = await run(serverFile, ['--port', String(port)])
    expect(second).toMatchObject({ code: 1, stdout: '' })
    expect(second.stderr).toMatch(/^127\.0\.0\.1:\d+ is in use \(EADDRINUSE\).*\n$/)
    const listening = createServer().listen(0, '127.0.0.1')
    await once(listening, 'listening')
    const free = (listening.address() as AddressInfo).port
    listening.close()
    await once(listening, 'close')
    const client = await call(free, 'get_data')
    expect(client).toMatchObject({ code: 1, stdout: '' })
    expect(client.stderr).toMatch(/^nobody listens on 127\.0\.0\.1:\d+ \(ECONNREFUSED\).*\n$/)
  })

  test('a server that goes away is one error, not one for each call', async () => {
    const closing = createServer((socket) => socket.once('data', () => socket.end()).on('error', () => {}))
    closing.listen(0, '127.0.0.1')
    await once(closing, 'listening')
    const { port } = closing.address() as AddressInfo
    const { code, stderr } = await call(port, 'get_data', 'get_data')
    closing.close()
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'get_data: the connection ended before the reply came\n',
    })
  })

  test.runIf(linux)('a signal is not the end of a stream', async () => {
    const { port } = shared
    const client = start(new URL('signals.ts', import.meta.url), [String(port)])
    opened.push(client)
    await client.printed(/calling/)
    const timer = setInterval(() => client.process.kill('SIGUSR2'), 20)
    const [line] = await client.printed(/^{.*}$/m).finally(() => clearInterval(timer))
    const { result, interrupted } = JSON.parse(line) as Record<string, number>
    expect(result).toBe(30)
    expect(interrupted).toBeGreaterThan(0)
  })
})

describe.skipIf(windows)('two threads', () => {
  let shared: RunningServer
  beforeAll(async () => {
    shared = await startServer(serverFile, ['--threads', '2'])
  })
  afterAll(() => shared.stop('SIGKILL'))

  test('serve two clients at once, and a third one waits', async () => {
    const { port } = shared
    const [first, second] = [await dial(port), await dial(port)]
    first.send(requests(['get_data']))
    second.send(requests(['get_data']))
    await Promise.all([first.received(1), second.received(1)])
    const third = await dial(port)
    third.send(requests(['get_data']))
    first.send(requests(['sleep', [50]]))
    await first.received(2)
    expect(third.replies).toEqual([])
    second.socket.end()
    expect(await third.received(1)).toMatchObject([{ result: ['hello', 5] }])
    expect(first.replies).toHaveLength(2)
  })

  test('an error in a thread reaches the log although the thread goes back to sleep', async () => {
    const { code, stderr } = await call(shared.port, 'fail')
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('Internal error') as unknown })
    await expect.poll(shared.stderr).toMatch(/^internal error [-\w]{36}: TypeError: this handler has a bug/)
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('end by %s', async (signal) => {
    const running = await server('--threads', '2')
    await call(running.port, 'get_data')
    expect(await running.stop(signal)).toEqual({ code: null, signal })
  })
})

test.runIf(windows)('on Windows there is one clear line', async () => {
  const { code, stderr } = await run(clientFile, ['get_data'])
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^steps 01 and 03 need .*WSL.*\n$/) as unknown })
})
