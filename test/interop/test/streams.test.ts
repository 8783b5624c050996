import { connect } from '@rpc-steps/async-await'
import { run, startServer } from '@rpc-steps/cli/processes'
import { stream, streams } from '@rpc-steps/streaming'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plainPython, startPython, startPythonServer } from '../src/python.ts'
import { steps } from '../src/steps.ts'

const noPython = 'no Python 3.10 or later was found'
const streaming = steps.filter(({ streams }) => streams)

it(plainPython === undefined ? `the rest is skipped: ${noPython}` : `runs with ${plainPython}`, () => {
  if (process.env['CI']) expect(plainPython, noPython).toBeDefined()
})

describe.skipIf(plainPython === undefined)('a client in Python', () => {
  it.each(streaming)('streams with the server of $name, both ways', async ({ server }) => {
    const running = await startServer(server)
    const client = startPython('stream_client.py', [String(running.port)], plainPython)
    const { code, stdout, stderr } = await client.exited
    await running.stop()
    expect(stderr).toBe('')
    expect(stdout.split(/\r?\n/)).toEqual([
      '[true,null]',
      '[true,null]',
      '[[],[1,2,3]]',
      '[[1,2,3],null]',
      '[[],500500]',
      '[["é 漢 😀",null,{"a":[]}],null]',
      '[true,-32800]',
      '[[],-32600]',
      '',
    ])
    expect(code).toBe(0)
  })
})

describe.skipIf(plainPython === undefined)('a server in Python', () => {
  let server: Awaited<ReturnType<typeof startPythonServer>>
  beforeAll(async () => {
    server = await startPythonServer('stream_server.py', plainPython)
  })
  afterAll(() => server.stop())

  const lines = (to: number) => Array.from({ length: to }, (_, i) => `${i + 1}\n`).join('')
  const calls: [args: string[], stdout: string][] = [
    [['--credit', '3', 'count', '{"to":50}'], lines(50)],
    [['--credit', '1', 'count', '{"to":0}'], ''],
    [['count', '{"to":3}'], '[1,2,3]\n'],
    [['--up', '100', 'total'], '5050\n'],
    [['--up', '20', '--credit', '2', 'echo'], lines(20)],
  ]
  describe.each(streaming)('answers the client of $name', ({ client }) => {
    it.each(calls)('%j', async (args, stdout) => {
      expect(await run(client, ['--port', String(server.port), ...args])).toMatchObject({ code: 0, stdout, stderr: '' })
    })
  })

  it('hears that its reader wants no more', async () => {
    const peer = await connect({ host: '127.0.0.1', port: server.port }, { extensions: [streams] })
    for await (const n of stream(peer.call, 'count', { to: 1_000_000 }, { credit: 4 })) if (n === 10) break
    await expect.poll(() => peer.stats.unanswered).toBe(0)
    await peer.close()
  })
})
