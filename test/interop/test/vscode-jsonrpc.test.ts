import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { run, startServer } from '@rpc-steps/cli/processes'
import type { RunningServer } from '@rpc-steps/cli/processes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  CancellationTokenSource,
  createMessageConnection,
  ErrorCodes,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node'
import type { MessageConnection } from 'vscode-jsonrpc/node'
import { calls, printed, words } from '../src/calls.ts'
import { steps } from '../src/steps.ts'

function speak(socket: Socket): MessageConnection {
  return createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket))
}

describe.each(steps)('vscode-jsonrpc as client of $name', ({ server }) => {
  let running: RunningServer
  let socket: Socket
  let connection: MessageConnection
  beforeAll(async () => {
    running = await startServer(server)
    socket = connect(running.port, '127.0.0.1')
    await once(socket, 'connect')
    connection = speak(socket)
    connection.listen()
  })
  afterAll(async () => {
    connection.dispose()
    socket.destroy()
    await running.stop()
  })

  it('calls by name and by position', async () => {
    expect(await connection.sendRequest('say', { text: 'é 漢 😀' })).toBe('You said: é 漢 😀')
    expect(await connection.sendRequest('subtract', { minuend: 42, subtrahend: 23 })).toBe(19)
    expect(await connection.sendRequest('subtract', 42, 23)).toBe(19)
    expect(await connection.sendRequest('get_data')).toEqual(['hello', 5])
    expect(await connection.sendRequest('update', 1, 2)).toBe(null)
  })

  it('has a hundred calls in flight', async () => {
    const list = Array.from({ length: 100 }, (_, i) => i)
    const sums = await Promise.all(list.map((i) => connection.sendRequest('add', i, 1)))
    expect(sums).toEqual(list.map((i) => i + 1))
  })

  it('notifies', async () => {
    await connection.sendNotification('update', [1, 2, 3])
    await connection.sendNotification('foobar')
    expect(await connection.sendRequest('sum', 1, 2, 3)).toBe(6)
  })

  it('gets errors', async () => {
    await expect(connection.sendRequest('foobar')).rejects.toMatchObject({ code: -32601 })
    const error = { code: 7, message: 'no tea', data: { cups: [0] } }
    await expect(connection.sendRequest('fail', error)).rejects.toMatchObject(error)
  })

  it('cancels, and is answered all the same', async () => {
    const source = new CancellationTokenSource()
    const answer = connection.sendRequest('sleep', { ms: 30 }, source.token)
    source.cancel()
    // A step that knows how to cancel answers -32800, one that does not with the result.
    const outcome = await answer.catch((error: { code: number }) => error.code)
    expect([30, -32800]).toContain(outcome)
    expect(await connection.sendRequest('sum', 1, 2)).toBe(3)
  })
})

describe('vscode-jsonrpc as server', () => {
  let server: Server
  beforeAll(async () => {
    server = createServer((socket) => {
      socket.on('error', () => {})
      const connection = speak(socket)
      connection.onRequest((method, params) => answer(method, params))
      connection.listen()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
  })
  afterAll(() => {
    server.close()
  })

  describe.concurrent.each(steps)('of the client of $name', ({ client }) => {
    const port = () => ['--port', String((server.address() as AddressInfo).port)]

    it('answers', async () => {
      const { code, stdout, stderr } = await run(client, [...port(), ...words(calls)])
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: printed(calls), stderr: '' })
    })

    it('answers with an error', async () => {
      const { code, stdout, stderr } = await run(client, [...port(), 'foobar'])
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(/^foobar: [^\n]*-32601[^\n]*\n$/)
    })
  })
})

const names: Record<string, string[]> = {
  say: ['text'],
  subtract: ['minuend', 'subtrahend'],
  add: ['a', 'b'],
}

/** Part of the service, as somebody else would write it. */
function answer(method: string, params: object | unknown[] | undefined): unknown {
  const byName = params as Record<string, unknown>
  const list = Array.isArray(params) ? params : (names[method] ?? []).map((name) => byName[name])
  const [a, b] = list as [number, number]
  if (method === 'say') return `You said: ${a}`
  if (method === 'subtract') return a - b
  if (method === 'add') return a + b
  if (method === 'sum') return (list as number[]).reduce((sum, n) => sum + n, 0)
  if (method === 'get_data') return ['hello', 5]
  throw new ResponseError(ErrorCodes.MethodNotFound, `Unhandled method ${method}`)
}
