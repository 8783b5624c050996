import { userInfo } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { run, start } from '@rpc-steps/cli/processes'
import { Ajv } from 'ajv'
import { describe, expect, onTestFinished, test } from 'vitest'
import { contract } from '../src/index.ts'

const program = new URL('../mcp.ts', import.meta.url)

// #region client
/** The client of the official SDK, which starts our program. */
async function client(...args: string[]) {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: ['--import', import.meta.resolve('tsx'), fileURLToPath(program), ...args],
    stderr: 'pipe',
  })
  const client = new Client({ name: 'a test', version: '1.0.0' })
  const errors: Error[] = []
  client.onerror = (error) => errors.push(error)
  await client.connect(transport)
  onTestFinished(() => client.close())
  return { client, errors, transport }
}
// #endregion

const textOf = (result: unknown) => (result as { content: { text: string }[] }).content[0]!.text

describe('the client of the official SDK', () => {
  test('lists the tools and calls them', async () => {
    const { client: mcp, errors } = await client()
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
    const { client: mcp } = await client()
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
    const { client: mcp } = await client('--workers', '1', '--capacity', '0')
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
    const { client: mcp } = await client()
    const call = (text: string) => mcp.callTool({ name: 'say', arguments: { text }, _meta: { idempotencyKey: 'k' } })
    expect(textOf(await call('a'))).toBe('You said: a')
    expect(textOf(await call('a'))).toBe('You said: a')
    expect(textOf(await call('b'))).toMatch(/^INVALID_ARGUMENT: /)
  })

  test('200 calls at once, each with its own answer', async () => {
    const { client: mcp } = await client()
    const calls = Array.from({ length: 200 }, (_, i) => mcp.callTool(i % 2 ? { name: 'say', arguments: { text: `${i}` } } : { name: 'sleep', arguments: { ms: i } }))
    const texts = (await Promise.all(calls)).map(textOf)
    expect(texts).toEqual(texts.map((_, i) => (i % 2 ? `You said: ${i}` : `${i}`)))
  })

  test('3 MB go in and come out', async () => {
    const { client: mcp } = await client()
    const text = 'ä'.repeat(1_500_000)
    expect(textOf(await mcp.callTool({ name: 'say', arguments: { text } })) === `You said: ${text}`).toBe(true)
    // One that is too large ends the connection, and says so: nobody waits.
    const tooLarge = mcp.callTool({ name: 'say', arguments: { text: 'a'.repeat(5_000_000) } })
    await expect(tooLarge).rejects.toThrow(/closed/)
  })
})

// #region raw
interface Message {
  id?: unknown
  result?: Record<string, unknown>
  error?: { code: number; message: string }
}

const line = (id: unknown, method: string, params: object = {}) => `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`
const call = (id: unknown, name: string, given: object) => line(id, 'tools/call', { name, arguments: given })

/** What the program answers to this on its stdin, until it ends. */
async function said(input: string) {
  const { code, stdout, stderr } = await run(program, [], input)
  // Each line is a message, and there is nothing else.
  const messages = stdout.split('\n').filter((text) => text !== '').map((text) => JSON.parse(text) as Message | Message[])
  return { code, messages, stderr }
}

const outcomes = (messages: (Message | Message[])[]) => messages.flat().map(({ id, result, error }) => `${JSON.stringify(id)}: ${error ? error.code : result ? 'result' : 'nothing'}`)
// #endregion

describe('stdin', () => {
  test('its end is the end, when what is in flight has been answered', async () => {
    const { code, messages, stderr } = await said(call(1, 'sleep', { ms: 300 }) + call('two', 'hash', { text: 'a', rounds: 1000 }) + line(3, 'ping'))
    expect(outcomes(messages).sort()).toEqual(['"two": result', '1: result', '3: result'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test.each(['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'])('speaks version %s with who does', async (protocolVersion) => {
    const { messages } = await said(line(1, 'initialize', { protocolVersion, capabilities: {}, clientInfo: { name: 'x', version: '1' } }))
    expect(messages).toMatchObject([{ id: 1, result: { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'rpc-steps' } } }])
  })

  test('offers its newest version for one that it does not know', async () => {
    const { messages } = await said(line(1, 'initialize', { protocolVersion: '1999-12-31' }) + line(2, 'initialize') + line(3, 'resources/list'))
    expect(messages[0]).toMatchObject({ id: 1, result: { protocolVersion: '2025-11-25' } })
    expect(outcomes(messages)).toEqual(['1: result', '2: -32602', '3: -32601'])
  })

  test('what is wrong gets an error, and does no harm to what comes after it', async () => {
    const wrong = [
      'garbage\n', '\n', '{}\n', '[]\n', '5\n', '{"jsonrpc":"2.0","id":{},"method":"ping"}\n', `${'['.repeat(5000)}\n`,
      line(1, 'tools/call', [1, 2, 3, 4]), line(2, 'tools/call', { name: 5 }), line(3, 'tools/call', { name: 'say', arguments: 'x' }),
      line(4, 'tools/call', { name: 'say', arguments: { text: 'a' }, _meta: { timeoutMs: -1 } }),
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}\n', '{"jsonrpc":"2.0","method":"notifications/cancelled"}\n',
    ]
    const { code, messages } = await said(wrong.join('') + call(9, 'say', { text: 'a' }))
    expect(outcomes(messages)).toEqual([
      'null: -32700', 'null: -32600', 'null: -32600', 'null: -32600', 'null: -32600', expect.stringMatching(/^null: -32[67]00$/),
      '1: -32602', '2: -32602', '3: -32602', '4: -32602', '9: result',
    ])
    expect(code).toBe(0)
  })

  test('a batch is answered as one, and not if it is too large', async () => {
    const one = JSON.parse(line(1, 'ping')) as object
    const many = Array.from({ length: 101 }, (_, id) => ({ ...one, id }))
    const { messages } = await said(`${JSON.stringify([one, { ...one, id: 2 }, 5])}\n${JSON.stringify(many)}\n${line(9, 'ping')}`)
    expect(messages.map((message) => Array.isArray(message))).toEqual([true, false, false])
    expect(outcomes(messages)).toEqual(['1: result', '2: result', 'null: -32600', 'null: -32600', '9: result'])
  })

  test('5 MB without the end of a line end it, and it says why', async () => {
    const { code, messages } = await said(line(1, 'ping') + 'x'.repeat(5_000_000))
    expect(outcomes(messages)).toEqual(['1: result', 'null: -32600'])
    expect(code).toBe(0)
  })

  test('an end in the middle of a message is one, too', async () => {
    const { code, messages } = await said(`${line(1, 'ping')}{"jsonrpc"`)
    expect(outcomes(messages)).toEqual(['1: result', 'null: -32700'])
    expect(code).toBe(0)
  })

  test('a client that stays, and says what is no message for ever, is left', async () => {
    const server = start(program)
    onTestFinished(() => void server.stop('SIGKILL'))
    const { stdin } = server.process
    const more = () => void stdin!.write('x'.repeat(1_000_000), (error) => error || more())
    more()
    expect(await server.exited).toEqual({ code: 0, signal: null })
    expect(outcomes(JSON.parse(`[${server.stdout()}]`) as Message[])).toEqual(['null: -32600'])
  })

  test('who asks for much and reads nothing keeps it from nothing else: it ends with its client', async () => {
    const server = start(program)
    onTestFinished(() => void server.stop('SIGKILL'))
    const { stdin, stdout } = server.process
    stdout!.pause()
    for (let i = 0; i < 40; i++) stdin!.write(call(i, 'say', { text: 'a'.repeat(1_000_000) }))
    stdout!.destroy()
    stdin!.end()
    expect(await server.exited).toEqual({ code: 0, signal: null })
  })

  test('a slow reader gets all of it', async () => {
    const server = start(program)
    onTestFinished(() => void server.stop('SIGKILL'))
    const { stdin, stdout } = server.process
    stdout!.pause()
    const count = 60
    for (let i = 0; i < count; i++) stdin!.write(call(i, 'say', { text: 'a'.repeat(500_000) }))
    stdin!.end()
    // Until the program can do no more, because nobody reads.
    await expect.poll(() => stdin!.writableLength).toBeGreaterThan(0)
    stdout!.resume()
    await server.exited
    expect(server.stdout().split('\n')).toHaveLength(count + 1)
  })
})
