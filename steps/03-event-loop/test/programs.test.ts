import { run, startServer } from '@rpc-steps/cli/processes'
import type { RunningServer } from '@rpc-steps/cli/processes'
import { fiveFetches, play } from '@rpc-steps/cli/demo'
import { syscalls } from '@rpc-steps/sockets'
import { elapsed, spansOf, timesOf } from '@rpc-steps/trace'
import { afterEach, describe, expect, test } from 'vitest'
import { availableSelectors, connect, Loop } from '../src/index.ts'
import type { Client } from '@rpc-steps/callbacks'
import { turnUntil } from './helpers.ts'

const step = new URL('../', import.meta.url)
const program = (name: string) => new URL(name, step)
const servers: RunningServer[] = []

async function server(...args: string[]): Promise<RunningServer> {
  const server = await startServer(program('server.ts'), args)
  servers.push(server)
  return server
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop('SIGKILL')))
})

describe.each(availableSelectors(syscalls))('--selector %s', (selector) => {
  test('serves, says that it listens, and ends when asked to', async () => {
    const running = await server('--selector', selector)
    const words = ['sleep', '[50]', 'say', '{"text":"hello"}', 'fetch', '["/nowhere"]', 'get_data']
    const args = ['--port', String(running.port), '--selector', selector, ...words]
    expect(await run(program('client.ts'), args)).toEqual({
      code: 1,
      signal: null,
      stdout: '50\n"You said: hello"\n["hello",5]\n',
      stderr: 'fetch: No such page (-32602): /nowhere\n',
    })
    expect(await running.stop('SIGTERM')).toEqual({ code: 0, signal: null })
    expect(running.stdout()).toBe(`listening on 127.0.0.1:${running.port}\n`)
    expect(running.stderr()).toBe('')
  })
})

test('a server that is always busy still hears SIGINT, and answers what is in flight', async () => {
  const running = await server()
  const loop = new Loop()
  let client: Client | undefined
  connect(loop, running, (_, connected) => (client = connected))
  turnUntil(loop, () => client !== undefined)
  let unanswered = 0
  let calls = 0
  let error: unknown
  const call = () => {
    unanswered++
    calls++
    client!.call('add', [1, 2], (...[failed]) => {
      unanswered--
      error ??= failed
      if (!error) call()
    })
  }
  for (let i = 0; i < 64; i++) call()
  turnUntil(loop, () => calls > 1_000)
  running.process.kill('SIGINT')
  turnUntil(loop, () => error !== undefined && unanswered === 0)
  expect(await running.exited).toEqual({ code: 0, signal: null })
  expect(calls).toBeGreaterThan(1_000)
  loop.close()
})

test('a port in use is one clear line', async () => {
  const { port } = await server()
  const second = await run(program('server.ts'), ['--port', String(port)])
  expect(second).toMatchObject({ code: 1, stdout: '' })
  expect(second.stderr).toMatch(new RegExp(`^127\\.0\\.0\\.1:${port} is in use .*\\n$`))
})

test('a selector that there is not is one clear line', async () => {
  const { code, stderr } = await run(program('server.ts'), ['--selector', 'select'])
  expect(code).toBe(1)
  expect(stderr).toMatch(/^--selector must be one of spin, poll, .*not "select".*\n$/)
})

test('nobody listening is one clear line', async () => {
  const { code, stderr } = await run(program('client.ts'), ['--port', '1', 'get_data'])
  expect(code).toBe(1)
  expect(stderr).toMatch(/^nobody listens on 127\.0\.0\.1:1 .*\n$/)
})

test('two thousand idle connections are in nobody’s way', async () => {
  const running = await server()
  const loop = new Loop()
  const idle: Client[] = []
  // In groups, so that the queue in front of accept never overflows.
  for (let group = 0; group < 10; group++) {
    for (let i = 0; i < 200; i++) {
      connect(loop, running, (error, client) => {
        if (error) throw error
        idle.push(client)
      })
    }
    turnUntil(loop, () => idle.length === (group + 1) * 200)
  }
  let answers = 0
  const call = () => {
    idle[1_234]!.call('say', ['hello'], (error, result) => {
      expect([error, result]).toEqual([null, 'You said: hello'])
      if (++answers < 1_000) call()
    })
  }
  call()
  turnUntil(loop, () => answers === 1_000)
  for (const client of idle) client.close()
  turnUntil(loop, () => !loop.alive)
  loop.close()
})

test('five fetches wait at the same time, in the one thread of the client and of the server', async () => {
  const events = await play(step, { server: [], clients: fiveFetches.clients })
  const calls = timesOf(events)
  expect(calls).toHaveLength(5)
  const longestCall = Math.max(...calls.map(({ total }) => total))
  const sum = calls.reduce((sum, { total }) => sum + total, 0)
  expect(elapsed(calls)).toBeLessThan(sum)
  expect(elapsed(calls)).toBeGreaterThanOrEqual(longestCall)
  // While they wait the thread is asleep in the kernel, and a handler only ever runs awake.
  const spans = spansOf(events)
  const asleep = spans.filter(({ cat }) => cat === 'kernel')
  const awake = spans.filter(({ cat }) => cat === 'run')
  expect(awake).toHaveLength(15)
  for (const run of awake) {
    const overlaps = asleep.filter(
      (sleep) => sleep.pid === run.pid && sleep.start < run.end && run.start < sleep.end,
    )
    expect(overlaps).toEqual([])
  }
})
