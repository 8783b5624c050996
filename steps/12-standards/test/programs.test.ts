import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { runInTurn, startServer } from '@rpc-steps/cli/processes'
import type { Program, RunningServer } from '@rpc-steps/cli/processes'
import { fillFolder } from '@rpc-steps/security/certificates'
import { expect, onTestFinished, test } from 'vitest'
import { contract, protocols, protoOf, statuses } from '../src/index.ts'
import { scratch, served } from './support.ts'

const file = (name: string) => fileURLToPath(new URL(`../${name}.ts`, import.meta.url))
const ways = ['tcp', 'http', 'websocket', 'grpc'] as const

/** A server with all its doors, and on which port each is. */
async function started(...args: string[]): Promise<{ server: RunningServer; ports: Record<(typeof ways)[number], number> }> {
  const server = await startServer(file('server'), ['--http', '0', '--websocket', '0', '--grpc', '0', ...args])
  onTestFinished(() => void server.stop('SIGKILL'))
  // They are said before the line that whoever starts it waits for.
  const port = (name: string) => Number(new RegExp(`^${name} on 127\\.0\\.0\\.1:(\\d+)$`, 'm').exec(server.stdout())![1])
  return { server, ports: { tcp: server.port, http: port('http'), websocket: port('websocket'), grpc: port('grpc') } }
}

const client = (over: string, port: number, ...args: string[]): Program => ({ file: file('client'), args: ['--over', over, '--port', String(port), ...args] })

test('one service, asked in each language', async () => {
  const { server, ports } = await started()
  const programs = ways.flatMap((over) => [
    client(over, ports[over], 'say', '{"text":"hi"}', 'sum', '[1,2,3]'),
    client(over, ports[over], '--credit', '2', 'count', '[4]'),
    client(over, ports[over], '--timeout', '50', 'sleep', '[60000]'),
    client(over, ports[over], '--up', '4', 'total'),
    client(over, ports[over], 'no_such'),
  ])
  const ran = (await runInTurn(programs)).map(({ code, stdout, stderr }) => `${code} ${(stdout + stderr).replaceAll('\n', ' ').trim()}`)
  const noWayUp = '1 total: HTTP carries no stream up (-32601): {"status":"UNIMPLEMENTED"}'
  expect(ran).toEqual(ways.flatMap((over) => [
    '0 "You said: hi" 6',
    '0 1 2 3 4',
    '1 sleep: Deadline exceeded (-32008): {"status":"DEADLINE_EXCEEDED"}',
    over === 'http' ? noWayUp : '0 10',
    '1 no_such: Method not found (-32601)',
  ]))
  expect(await server.stop()).toEqual({ code: 0, signal: null })
  expect(server.stderr()).toBe('')
})

test('by certificate and by token, in each language', async () => {
  const folder = await scratch()
  await fillFolder(folder)
  const { ports } = await started('--certificates', folder)
  const ran = await runInTurn(ways.flatMap((over) => [
    client(over, ports[over], '--certificates', folder, '--as', 'ada', 'whoami'),
    client(over, ports[over], '--certificates', folder, '--token', join(folder, 'bob.token'), 'whoami'),
    client(over, ports[over], '--certificates', folder, 'add', '[1,2]'),
  ]))
  expect(ran.map(({ code, stdout, stderr }) => `${code} ${(stdout + stderr).trim()}`)).toEqual(ways.flatMap(() => [
    '0 {"name":"ada","by":"certificate"}',
    '0 {"name":"bob","by":"token"}',
    '1 add: Unauthenticated (-32001): {"status":"UNAUTHENTICATED"}',
  ]))
})

test('what is wrong is one line, and nothing stays open', async () => {
  const { tcp, http, websocket } = await served()
  const ran = await runInTurn([
    { file: file('server'), args: ['--port', '0', '--http', String(http.port)] },
    { file: file('server'), args: ['--port', '0', '--websocket', '0', '--http', String(websocket.port)] },
    { file: file('server'), args: ['--origin', 'https://example.org/'] },
    client('carrier-pigeon', 1, 'add', '[1,2]'),
    client('http', http.port, '--rate', '5', 'add', '[1,2]'),
    client('websocket', websocket.port, '--as', 'ada', 'add', '[1,2]'),
    client('http', 1, 'add', '[1,2]'),
    client('websocket', 1, 'add', '[1,2]'),
    client('websocket', http.port, 'add', '[1,2]'),
    client('http', websocket.port, 'add', '[1,2]'),
    client('http', tcp.port, 'add', '[1,2]'),
  ])
  expect(ran.map(({ code, stdout, stderr }) => `${code} ${(stdout + stderr).trim()}`)).toEqual([
    expect.stringMatching(/^1 127\.0\.0\.1:\d+ is in use/),
    expect.stringMatching(/^1 127\.0\.0\.1:\d+ is in use/),
    expect.stringMatching(/^1 --origin must be the beginning of a URL/),
    expect.stringMatching(/^1 --over must be one of/),
    expect.stringMatching(/^1 --servers and --rate are for --over tcp/),
    expect.stringMatching(/^1 --as and --token need --certificates/),
    expect.stringMatching(/^1 add: .*nobody listens on 127\.0\.0\.1:1 /),
    expect.stringMatching(/^1 nobody listens on 127\.0\.0\.1:1 /),
    expect.stringMatching(/^1 no WebSocket was opened: .*405$/),
    expect.stringMatching(/^1 add: the server answered with HTTP status 426/),
    expect.stringMatching(/^1 add: .*\n?$/),
  ])
  for (const { stdout, stderr } of ran) expect((stdout + stderr).trim().split('\n')).toHaveLength(1)
  expect(ran.flatMap(({ left }) => left)).toEqual([])
})

test('what is shown, and what is asked wrongly', async () => {
  const program = (name: string, ...args: string[]): Program => ({ file: file(name), args })
  const [proto, tables, demo, ...wrong] = await runInTurn([
    program('proto'), program('tables'), program('demo'),
    program('proto', 'x'), program('tables', '--all'), program('hover', 'nowhere'), program('mcp', '--workers', '0'), program('server', '--grpc', '70000'),
  ])
  expect(proto).toMatchObject({ code: 0, stderr: '', stdout: protoOf(contract) })

  expect(tables).toMatchObject({ code: 0, stderr: '' })
  const rows = tables!.stdout.split('\n').map((line) => line.trim().split(/ {2,}/))
  for (const { status, code, http, grpc } of statuses) expect(rows).toContainEqual([status, ...[code, http, grpc].map(String)])
  for (const { what, mcp } of protocols) expect(rows).toEqual(expect.arrayContaining([[what], ['MCP', mcp.replaceAll('`', '')]]))

  expect(demo).toMatchObject({ code: 0, stderr: '', left: [] })
  for (const language of ['JSON-RPC', 'HTTP', 'WebSocket', 'gRPC']) {
    expect(demo!.stdout).toMatch(new RegExp(`^${language} +You said: Hi +\\d+ +-32601 +-32602 +-32008 +500500$`, 'm'))
  }

  expect(wrong.map(({ code, stdout, stderr }) => `${code} ${stdout}${stderr}`)).toEqual([
    expect.stringMatching(/^1 [^\n]*"x"[^\n]*\n$/),
    expect.stringMatching(/^1 [^\n]*--all[^\n]*\n$/),
    expect.stringMatching(/^1 one of say, [^\n]*, not nowhere[^\n]*\n$/),
    expect.stringMatching(/^1 --workers must be [^\n]*\n$/),
    expect.stringMatching(/^1 --grpc must be [^\n]*\n$/),
  ])
})
