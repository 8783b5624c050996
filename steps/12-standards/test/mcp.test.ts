import { userInfo } from 'node:os'
import { duplexPair } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { start } from '@rpc-steps/cli/processes'
import { answer } from '@rpc-steps/async-await'
import type { Handler, RequestContext } from '@rpc-steps/async-await'
import { deadlined } from '@rpc-steps/deadlines'
import { streamed, streaming } from '@rpc-steps/streaming'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { contract, contracted, serveMcp, service } from '../src/index.ts'

const program = new URL('../mcp.ts', import.meta.url)

/** The client of the official SDK, which starts our program. */
async function started(...args: string[]) {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: ['--import', import.meta.resolve('tsx'), fileURLToPath(program), ...args],
    stderr: 'pipe',
  })
  const client = new Client({ name: 'a test', version: '1.0.0' })
  await client.connect(transport)
  return client
}

const textOf = (result: unknown) => (result as { content: { text: string }[] }).content[0]!.text

describe('the client of the official SDK', () => {
  let mcp: Client
  const errors: Error[] = []
  beforeAll(async () => {
    mcp = await started()
    mcp.onerror = (error) => errors.push(error)
  })
  afterAll(() => mcp.close())

  test('lists the tools and calls them', async () => {
    expect(mcp.getServerVersion()).toMatchObject({ name: 'rpc-steps' })
    await mcp.ping()
    const { tools } = await mcp.listTools()
    // What has to be streamed up has no way here.
    expect(tools.map(({ name }) => name)).toEqual(Object.keys(contract).filter((name) => !['total', 'echo'].includes(name)))
    const ajv = new Ajv({ strict: false })
    for (const { inputSchema, outputSchema } of tools) expect(ajv.validateSchema(inputSchema) && ajv.validateSchema(outputSchema!)).toBe(true)

    // From here on the client checks each result by the schema of its tool.
    expect(await mcp.callTool({ name: 'say', arguments: { text: 'ä "b"\n' } })).toEqual({
      content: [{ type: 'text', text: 'You said: ä "b"\n' }],
      structuredContent: { result: 'You said: ä "b"\n' },
    })
    const result = async (name: string, given = {}) => {
      const { structuredContent, content } = await mcp.callTool({ name, arguments: given })
      const { result } = structuredContent as { result: unknown }
      expect(textOf({ content })).toBe(typeof result === 'string' ? result : JSON.stringify(result))
      return result
    }
    expect(await result('sum', { list: [1, 2, 4] })).toBe(7)
    expect(await result('get_data')).toEqual(['hello', 5])
    expect(await result('update', { list: [1] })).toBe(null)
    expect(await result('whoami')).toEqual({ name: userInfo().username, by: 'process' })
    expect(await result('hash', { text: 'a', rounds: 2 })).toHaveLength(64)
    expect(await result('fetch', { url: '/home' })).toBe('This is /home.')
    expect(await result('count', { to: 1000 })).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1))
    expect(errors).toEqual([])
  })

  test('hears what went wrong: from the service as a result, and of the protocol as an error', async () => {
    const failed = (status: string, code: number, text: RegExp, more = {}) => expect.objectContaining({
      isError: true,
      content: [{ type: 'text', text: expect.stringMatching(text) }],
      _meta: { error: { status, code, message: expect.any(String), ...more } },
    })
    const call = (name: string, given = {}, _meta = {}) => mcp.callTool({ name, arguments: given, _meta })
    // A model can mend what it has called wrongly, so it gets to see that: SEP-1303, in the specification since 2025-11-25.
    expect(await call('say', { text: 5 })).toEqual(failed('INVALID_ARGUMENT', -32602, /^INVALID_ARGUMENT: Invalid params: "text": .*string/, { data: expect.any(String) }))
    expect(await call('sum')).toEqual(failed('INVALID_ARGUMENT', -32602, /array/, { data: expect.any(String) }))
    expect(await call('count', { to: 1001 })).toEqual(failed('INVALID_ARGUMENT', -32602, /over 1000 items/, { data: expect.any(String) }))
    expect(await call('fail', { code: -7, message: 'no' })).toEqual(failed('UNKNOWN', -7, /^UNKNOWN: no$/))
    const data = { status: 'UNAVAILABLE', retryAfterMs: 5 }
    expect(await call('fail', { code: -32014, message: 'later', data })).toEqual(failed('UNAVAILABLE', -32014, /^UNAVAILABLE: later: .*"retryAfterMs":5/, { data }))
    expect(await call('sleep', { ms: 60_000 }, { timeoutMs: 30 })).toEqual(failed('DEADLINE_EXCEEDED', -32008, /^DEADLINE_EXCEEDED: /, { data: { status: 'DEADLINE_EXCEEDED' } }))

    await expect(call('nowhere')).rejects.toMatchObject({ code: -32602, message: expect.stringContaining('Unknown tool: nowhere') })
    await expect(call('constructor')).rejects.toMatchObject({ code: -32602, message: expect.stringContaining('Unknown tool') })
    await expect(call('total')).rejects.toMatchObject({ code: -32602, message: expect.stringContaining('Unknown tool') })
    await expect(call('say', { text: 'a' }, { timeoutMs: 'soon' })).rejects.toMatchObject({ code: -32602, data: expect.stringContaining('timeoutMs') })
    await expect(mcp.listTools({ cursor: 'x' })).rejects.toMatchObject({ code: -32602, data: expect.stringContaining('cursor') })
    // A fault of ours is not shown, only where to look for it.
    await expect(call('fail')).rejects.toMatchObject({ code: -32603, message: expect.stringContaining('Internal error'), data: { incident: expect.any(String) } })
  })

  test('cancels what takes too long, and there is room again', async () => {
    const mcp = await started('--workers', '1', '--capacity', '0')
    onTestFinished(() => mcp.close())
    const controller = new AbortController()
    const sleeping = mcp.callTool({ name: 'sleep', arguments: { ms: 60_000 } }, undefined, { signal: controller.signal })
    const cancelled = expect(sleeping).rejects.toThrow('not wanted')
    expect(await mcp.callTool({ name: 'say', arguments: { text: 'a' } })).toMatchObject({
      isError: true, _meta: { error: { status: 'RESOURCE_EXHAUSTED' } },
    })
    controller.abort('not wanted')
    await cancelled
    await expect.poll(() => mcp.callTool({ name: 'say', arguments: { text: 'a' } })).toMatchObject({ structuredContent: { result: 'You said: a' } })
  })

  test('gives the same key twice, and it runs once', async () => {
    const call = (text: string) => mcp.callTool({ name: 'say', arguments: { text }, _meta: { idempotencyKey: 'k' } })
    expect(textOf(await call('a'))).toBe('You said: a')
    expect(textOf(await call('a'))).toBe('You said: a')
    expect(textOf(await call('b'))).toMatch(/^INVALID_ARGUMENT: /)
  })

  test('200 calls at once, each with its own answer', async () => {
    const calls = Array.from({ length: 200 }, (_, i) => mcp.callTool(i % 2 ? { name: 'say', arguments: { text: `${i}` } } : { name: 'sleep', arguments: { ms: i } }))
    const texts = (await Promise.all(calls)).map(textOf)
    expect(texts).toEqual(texts.map((_, i) => (i % 2 ? `You said: ${i}` : `${i}`)))
  })

  test('3 MB go in and come out', async () => {
    const text = 'ä'.repeat(1_500_000)
    expect(textOf(await mcp.callTool({ name: 'say', arguments: { text } })) === `You said: ${text}`).toBe(true)
    // One that is too large ends the connection, and says so: nobody waits.
    const tooLarge = mcp.callTool({ name: 'say', arguments: { text: 'a'.repeat(5_000_000) } })
    await expect(tooLarge).rejects.toThrow(/closed/)
  })
})

interface Message {
  id?: unknown
  result?: Record<string, unknown>
  error?: { code: number; message: string }
}

const line = (id: unknown, method: string, params: object = {}) => `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`
const call = (id: unknown, name: string, given: object, _meta = {}) => line(id, 'tools/call', { name, arguments: given, _meta })
const cancel = (requestId: unknown) => line(undefined, 'notifications/cancelled', { requestId })

/** Each line is a message, and there is nothing else. */
const messagesOf = (stdout: string) => stdout.split('\n').filter((text) => text !== '').map((text) => JSON.parse(text) as Message | Message[])
const outcomes = (messages: (Message | Message[])[]) =>
  messages.flat().map(({ id, result, error }) => `${JSON.stringify(id)}: ${error ? error.code : result ? 'result' : 'nothing'}`)

const guest = { visitor: { from: 'here', address: 'here', isKnown: () => true }, principal: undefined }
const honest = deadlined(streamed(contracted(streaming(answer))))

/** Speaks to the tools of a handler without a program between; `said` is what they have answered when all is over. */
function opened(handler: Handler = honest) {
  const [near, far] = duplexPair()
  let text = ''
  const said = new Promise<(Message | Message[])[]>((resolve) => far.on('data', (chunk) => (text += String(chunk))).on('end', () => resolve(messagesOf(text))))
  const peer = serveMcp(near, handler, contract, { info: service, guest, log: () => {} })
  onTestFinished(() => peer.destroy())
  return { peer, far, said, text: () => text }
}

async function said(input: string) {
  const { far, said } = opened()
  far.end(input)
  return said
}

describe('a stream of lines', () => {
  test.each(['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'])('speaks version %s with who does', async (protocolVersion) => {
    const messages = await said(line(1, 'initialize', { protocolVersion, capabilities: {}, clientInfo: { name: 'x', version: '1' } }))
    expect(messages).toMatchObject([{ id: 1, result: { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'rpc-steps' } } }])
  })

  test('offers its newest version for one that it does not know', async () => {
    const messages = await said(line(1, 'initialize', { protocolVersion: '1999-12-31' }) + line(2, 'initialize') + line(3, 'resources/list'))
    expect(messages[0]).toMatchObject({ id: 1, result: { protocolVersion: '2025-11-25' } })
    expect(outcomes(messages)).toEqual(['1: result', '2: -32602', '3: -32601'])
  })

  test('what is wrong gets an error, and does no harm to what comes after it', async () => {
    const wrong = [
      'garbage\n', '\n', '{}\n', '[]\n', '5\n', '{"jsonrpc":"2.0","id":{},"method":"ping"}\n', `${'['.repeat(5000)}\n`,
      line(1, 'tools/call', [1, 2, 3, 4]), line(2, 'tools/call', { name: 5 }), line(3, 'tools/call', { name: 'say', arguments: 'x' }),
      call(4, 'say', { text: 'a' }, { timeoutMs: -1 }), cancel({}), cancel(undefined), cancel(77),
      '{"jsonrpc":"2.0","method":"notifications/cancelled"}\n',
    ]
    const messages = await said(wrong.join('') + call(9, 'say', { text: 'a' }))
    expect(outcomes(messages).sort()).toEqual([
      '1: -32602', '2: -32602', '3: -32602', '4: -32602', '9: result',
      'null: -32600', 'null: -32600', 'null: -32600', 'null: -32600', 'null: -32700', 'null: -32700',
    ])
  })

  test('a batch is answered as one, and not if it is too large', async () => {
    const one = JSON.parse(line(1, 'ping')) as object
    const many = Array.from({ length: 101 }, (_, id) => ({ ...one, id }))
    const messages = await said(`${JSON.stringify([one, { ...one, id: 2 }, 5])}\n${JSON.stringify(many)}\n${line(9, 'ping')}`)
    expect(messages.filter((message) => Array.isArray(message))).toHaveLength(1)
    expect(outcomes(messages).sort()).toEqual(['1: result', '2: result', '9: result', 'null: -32600', 'null: -32600'])
  })

  test('5 MB without the end of a line end it, and it says why', async () => {
    expect(outcomes(await said(line(1, 'ping') + 'x'.repeat(5_000_000)))).toEqual(['1: result', 'null: -32600'])
  })

  test('so does an end in the middle of a message', async () => {
    expect(outcomes(await said(`${line(1, 'ping')}{"jsonrpc"`))).toEqual(['1: result', 'null: -32700'])
  })
})

describe('the signal of a handler', () => {
  /** Tools that end when they are told to, and not before. */
  function waiting() {
    const contexts: RequestContext[] = []
    const reasons: unknown[] = []
    const tools = opened(deadlined((_, context) => {
      contexts.push(context)
      return new Promise((_, reject) => {
        context.signal.addEventListener('abort', () => {
          reasons.push((context.signal.reason as Error).message)
          reject(context.signal.reason as Error)
        })
      })
    }))
    return { ...tools, contexts, reasons }
  }

  test('is aborted by a cancel: of this call, and of no other', async () => {
    const { far, contexts, reasons, text, said } = waiting()
    far.write(call('a', 'sleep', { ms: 1 }) + call(2, 'sleep', { ms: 1 }))
    await expect.poll(() => contexts.length).toBe(2)
    far.write(cancel('2') + cancel('a') + line(3, 'ping'))
    await expect.poll(() => text()).toContain('"id":3')
    expect(reasons).toEqual(['Request cancelled'])
    far.end(cancel(2))
    expect(outcomes(await said)).toEqual(['"a": -32800', '3: result', '2: -32800'])
  })

  test('is aborted by the deadline', async () => {
    const { far, reasons, said } = waiting()
    far.end(call(1, 'sleep', { ms: 1 }, { timeoutMs: 20 }))
    expect((await said).flat()[0]).toMatchObject({ id: 1, result: { isError: true, _meta: { error: { status: 'DEADLINE_EXCEEDED' } } } })
    expect(reasons).toEqual(['Deadline exceeded'])
  })

  test('is aborted when the client has gone', async () => {
    const { peer, far, contexts, reasons } = waiting()
    far.write(call(1, 'sleep', { ms: 1 }))
    await expect.poll(() => contexts.length).toBe(1)
    peer.destroy()
    await expect.poll(() => reasons).toEqual(['the caller has gone'])
  })
})

describe('the program', () => {
  test('ends with its client', async () => {
    const { process, exited, stop } = start(program)
    onTestFinished(() => void stop('SIGKILL'))
    for (let i = 0; i < 40; i++) process.stdin!.write(call(i, 'say', { text: 'a'.repeat(1_000_000) }))
    process.stdout!.destroy()
    expect(await exited).toEqual({ code: 0, signal: null })
  })

  test('reads no faster than its client does; then it answers all of it, and ends with its stdin', async () => {
    const { process, exited, stdout, stderr, stop } = start(program)
    onTestFinished(() => void stop('SIGKILL'))
    const [count, size] = [60, 500_000]
    const { stdin } = process
    process.stdout!.pause()
    for (let i = 0; i < count; i++) stdin!.write(call(i, 'say', { text: 'a'.repeat(size) }))
    // One that is still in flight when there is nothing more to read.
    stdin!.end(call(count, 'sleep', { ms: 300 }))
    // It has begun to read, and then it has stopped: ten looks in a row have seen the same.
    let [before, same] = [0, 0]
    await expect.poll(() => {
      same = stdin!.writableLength === before ? same + 1 : 0
      before = stdin!.writableLength
      return before < count * size ? same : 0
    }).toBeGreaterThan(10)
    expect(before).toBeGreaterThan(0.8 * count * size)
    process.stdout!.resume()
    expect(await exited).toEqual({ code: 0, signal: null })
    expect(outcomes(messagesOf(stdout()))).toEqual(Array.from({ length: count + 1 }, (_, i) => `${i}: result`))
    expect(stderr()).toBe('')
  })
})
