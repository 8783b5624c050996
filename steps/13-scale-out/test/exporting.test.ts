import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { run } from '@rpc-steps/cli/processes'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { exporting, traced } from '../src/index.ts'
import type { ExportOptions } from '../src/index.ts'
import { collector } from './collector.ts'
import { dialled, served } from './spans.ts'

/** So many calls, at both ends of which spans are recorded. Resolves with how long they took, and the end of the recording. */
async function calls(count: number, options: ExportOptions): Promise<{ calling: number; closing: number; answered: number }> {
  const { tracer, close } = exporting('both', options)!
  const peer = await dialled(await served(traced(({ method }) => method, tracer)))
  const call = traced(peer.call, tracer)
  const began = performance.now()
  const answers = await Promise.all(Array.from({ length: count }, () => call('x')))
  const ended = performance.now()
  await close()
  return { calling: ended - began, closing: performance.now() - ended, answered: answers.filter((one) => one === 'x').length }
}

describe('a collector', () => {
  test('gets all spans by the end of the program, in JSON, where OTLP has them', async () => {
    const { url, requests, spans } = await collector()
    await calls(1000, { otlp: url })
    expect(spans).toHaveLength(2000)
    expect(new Set(requests)).toEqual(new Set(['POST /v1/traces application/json']))
    expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(['both']))
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1000)
  })

  test('may have a path of its own', async () => {
    const { url, requests } = await collector()
    await calls(1, { otlp: `${url}/mine` })
    expect(requests).toEqual(['POST /mine application/json'])
  })

  test.each([
    ['that answers 500', (response) => void response.writeHead(500).end('no')],
    ['that is overloaded for an hour', (response) => void response.writeHead(503, { 'retry-after': '3600' }).end()],
    ['that never answers', () => {}],
    ['that answers a byte at a time, without end', (response) => void setInterval(() => response.write('x'), 50).unref()],
    ['that answers megabytes', (response) => void response.end('x'.repeat(10_000_000))],
    ['that ends the connection', (response) => void response.destroy()],
  ] as [string, Parameters<typeof collector>[0]][])('%s costs no call, and little time at the end', async (_, answer) => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => said.mockRestore())
    const { url } = await collector(answer)
    const { answered, closing } = await calls(3000, { otlp: url })
    expect(answered).toBe(3000)
    expect(closing).toBeLessThan(5_000)
    // Each of these may happen once in a second; a service is not to fill its log with it.
    expect(said.mock.calls.length).toBeLessThanOrEqual(1)
    for (const [line] of said.mock.calls) expect(line).toMatch(/^spans are lost, because http.* does not take them: .+/)
  })

  test('that nobody runs is told of once', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => said.mockRestore())
    const { url, server } = await collector()
    server.close()
    await once(server, 'close')
    const { answered } = await calls(10, { otlp: url })
    expect(answered).toBe(10)
    expect(said.mock.calls).toEqual([[expect.stringContaining('ECONNREFUSED')]])
  })

  test('that holds on to everything does not keep a program from ending, or its memory grow', async () => {
    const { url } = await collector((response) => void setInterval(() => response.write('x'), 50).unref())
    const began = performance.now()
    const { code, stdout } = await run(new URL('recording.ts', import.meta.url), [url])
    expect(code).toBe(0)
    expect(performance.now() - began).toBeLessThan(30_000)
    const { grown } = JSON.parse(stdout) as { grown: number }
    expect(grown).toBeLessThan(60)
  })

  test.each(['', 'localhost:4318', 'ftp://127.0.0.1', 'grpc://127.0.0.1:4317'])('is no URL of HTTP: %j', (otlp) => {
    expect(() => exporting('x', { otlp })).toThrow(/^--otlp must be a URL like http:\/\/127.0.0.1:4318, not "/)
  })
})

describe('a file', () => {
  test('has a line for each span, at once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spans-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'spans.jsonl')
    const { tracer, close } = exporting('one', { spans: file })!
    await traced(() => Promise.resolve('x'), tracer)({ jsonrpc: '2.0', id: 1, method: 'x\ny' } as never, { label: 1, get: () => {}, signal: new AbortController().signal } as never)
    await delay(0)
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0]!)).toMatchObject({ resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'x\ny', kind: 2 }] }] }] })
    await close()
  })

  test('that cannot be written is an error of the system', () => {
    expect(() => exporting('x', { spans: join(tmpdir(), 'no', 'such', 'folder') })).toThrow('ENOENT')
  })
})

test('nothing is recorded that nobody has asked for', () => {
  expect(exporting('x', {})).toBeUndefined()
})
