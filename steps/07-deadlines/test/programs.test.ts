import { connect } from '@rpc-steps/async-await'
import { run, runInTurn, start, startServer } from '@rpc-steps/cli/processes'
import type { RunningServer } from '@rpc-steps/cli/processes'
import { describe, expect, it, onTestFinished } from 'vitest'
import { cancels, deadlined } from '../src/index.ts'
import { outcome, served, stage } from './support.ts'

const server = new URL('../server.ts', import.meta.url)
const client = new URL('../client.ts', import.meta.url)

async function started(...args: string[]): Promise<RunningServer> {
  const running = await startServer(server, args)
  onTestFinished(() => void running.stop('SIGKILL'))
  return running
}

async function chain(length: number): Promise<RunningServer[]> {
  const servers = [await started()]
  while (servers.length < length) servers.unshift(await started('--upstream', `127.0.0.1:${servers[0]!.port}`))
  return servers
}

const relay = (method: string, params: object) => JSON.stringify({ method, params })

describe('the client', () => {
  it('gives a call so many milliseconds, says that they are over, and ends with 1', async () => {
    const { port } = await started()
    const program = await run(client, ['--port', String(port), '--timeout', '1000', 'sleep', '[60000]', 'say', '["Hi"]'])
    expect(program).toMatchObject({
      code: 1,
      stdout: '"You said: Hi"\n',
      stderr: 'sleep: Deadline exceeded (-32008): {"status":"DEADLINE_EXCEEDED"}\n',
    })
  })

  it('says how much is left, and how urgent it is; or nothing', async () => {
    const { port } = await served(({ meta }) => ({ ...meta }))
    const asked = (...options: string[]) => ({ file: client.href, args: ['--port', String(port), ...options, 'x'] })
    const [nothing, both, over, wrong] = await runInTurn([
      asked(),
      asked('--timeout', '90000', '--priority', '7'),
      asked('--timeout', '0'),
      asked('--timeout', '-1'),
    ])
    expect(nothing).toMatchObject({ code: 0, stdout: '{}\n' })
    const { timeoutMs, ...others } = JSON.parse(both!.stdout) as { timeoutMs: number }
    expect(others).toEqual({ priority: 7 })
    expect(timeoutMs).toBeLessThanOrEqual(90_000)
    expect(timeoutMs).toBeGreaterThan(60_000)
    expect(over).toMatchObject({ code: 1, stderr: 'x: Deadline exceeded (-32008): {"status":"DEADLINE_EXCEEDED"}\n' })
    expect(wrong).toMatchObject({ code: 1, stdout: '' })
  })

  it('that gives up and tells nobody is worked for to the end', async () => {
    const { handler, begun } = stage()
    const asked: unknown[] = []
    const { port } = await served(deadlined((request, context) => {
      asked.push(request.meta)
      return handler(request, context)
    }))
    const program = start(client, ['--port', String(port), '--timeout', '200', '--tell', 'no', 'x'])
    onTestFinished(() => void program.stop('SIGKILL'))
    await expect.poll(() => program.stderr()).toBe('x: Deadline exceeded (-32008): {"status":"DEADLINE_EXCEEDED"}\n')
    expect([begun[0]!.context.signal.aborted, asked]).toEqual([false, [undefined]])
    begun[0]!.end('late')
    expect(await program.exited).toMatchObject({ code: 1 })
  })

  it('that is killed is worked for until its deadline, and no longer', async () => {
    const { handler, begun } = stage()
    const { port } = await served(deadlined(handler))
    const program = start(client, ['--port', String(port), '--timeout', '3000', 'x'])
    onTestFinished(() => void program.stop('SIGKILL'))
    await expect.poll(() => begun.length).toBe(1)
    const { signal } = begun[0]!.context
    // Without a reset it looks like one that only sends no more.
    await program.stop('SIGKILL')
    await expect.poll(() => signal.aborted).toBe(true)
    expect(signal.reason).toMatchObject({ code: -32008 })
  })
})

describe('the server', () => {
  it('relays to the one behind it, and that to the next', async () => {
    const [first] = await chain(3)
    const words = ['relay', relay('relay', { method: 'say', params: { text: 'Hi' } }), 'relay', relay('fail', { code: 7, message: 'no' })]
    expect(await run(client, ['--port', String(first!.port), ...words])).toMatchObject({
      code: 1,
      stdout: '"You said: Hi"\n',
      stderr: 'relay: no (7)\n',
    })
  })

  it('and when the caller gives up, all of them are free', async () => {
    const servers = await chain(3)
    const peer = await connect(servers[0]!, { extensions: [cancels] })
    onTestFinished(() => peer.destroy())
    // More than there are workers: unless they are free again, the last call waits for a minute.
    const calls = Array.from({ length: 40 }, () =>
      outcome(deadlined(peer.call, 500)('relay', { method: 'relay', params: { method: 'sleep', params: [60_000] } })),
    )
    expect(new Set(await Promise.all(calls))).toEqual(new Set([-32008]))
    const last = await deadlined(peer.call, 30_000)('relay', { method: 'relay', params: { method: 'say', params: ['Hi'] } })
    expect(last).toBe('You said: Hi')
    expect(servers.map((each) => each.stderr())).toEqual(['', '', ''])
  })

  it('has no relay if there is nobody behind it', async () => {
    const { port } = await started()
    expect(await run(client, ['--port', String(port), 'relay', relay('say', ['Hi'])])).toMatchObject({
      code: 1,
      stderr: 'relay: Method not found (-32601)\n',
    })
  })

  it('started with an --upstream that is none says what is wrong', async () => {
    const tries = [
      ['8080', '--upstream must be HOST:PORT: "8080" has no port; --help says more\n'],
      ['localhost:0', '--upstream must be HOST:PORT: the port must be a whole number from 1 to 65535, not "0"; --help says more\n'],
      ['::1:80', '--upstream must be HOST:PORT: an IPv6 address, and nothing else, stands in brackets, such as [::1]:8080; --help says more\n'],
      ['127.0.0.1:1', 'nobody listens on 127.0.0.1:1 (ECONNREFUSED): start a server first, or check --port\n'],
    ] as const
    const ran = await runInTurn(tries.map(([upstream]) => ({ file: server.href, args: ['--port', '0', '--upstream', upstream] })))
    expect(ran).toEqual(tries.map(([, stderr]) => ({ code: 1, stdout: '', stderr, left: [] })))
  })

  it('ends a computation on a thread that nobody waits for any more', async () => {
    const running = await started('--workers', '1')
    const peer = await connect(running, { extensions: [cancels] })
    onTestFinished(() => peer.destroy())
    await peer.call('hash', ['abc', 1])
    await expect(deadlined(peer.call, 300)('hash', ['x', 10_000_000])).rejects.toMatchObject({ code: -32008 })
    expect(await peer.call('hash', ['abc', 1])).toMatch(/^ba7816bf/)
  })
})
