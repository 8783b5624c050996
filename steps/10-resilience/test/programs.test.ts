import { once } from 'node:events'
import * as net from 'node:net'
import { run, runInTurn, startServer } from '@rpc-steps/cli/processes'
import type { RunningServer } from '@rpc-steps/cli/processes'
import { expect, it, onTestFinished } from 'vitest'
import { reconnecting, resilient, steady } from '../src/index.ts'
import { dialer } from './support.ts'

const server = new URL('../server.ts', import.meta.url)
const client = new URL('../client.ts', import.meta.url)

async function started(...args: string[]): Promise<RunningServer> {
  const running = await startServer(server, args)
  onTestFinished(() => void running.stop('SIGKILL'))
  return running
}

const lines = (...all: unknown[]) => all.map((line) => `${JSON.stringify(line)}\n`).join('')

/** A port where nobody listens. */
async function deserted(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

it('two servers: a client asks whichever is there, and when they are asked to end no call is lost', async () => {
  const [one, other, none] = await Promise.all([started(), started(), deserted()])
  const at = (...ports: number[]) => ['--servers', ports.map((port) => `127.0.0.1:${port}`).join()]
  const asked = [
    [...at(none, one.port, other.port), 'add', '[1,2]', 'count', '[2]'],
    [...at(one.port, other.port), '--credit', '1', 'count', '[2]'],
    [...at(one.port, other.port), '--rate', '100', '--seconds', '1', 'add', '[1,2]', 'say', '["a"]'],
    ['--port', String(one.port), 'add', '[1,2]'],
    ['--port', String(one.port), '--rate', '20', '--seconds', '1', 'add', '[1,2]'],
    ['--servers', 'nowhere', 'add', '[1,2]'],
    [...at(one.port), '--rate', '5', '--credit', '4', 'count', '[2]'],
    [...at(one.port), '--rate', '10', '--seconds', '1', 'nope'],
    [...at(none), 'add', '[1,2]'],
  ]
  const ran = await runInTurn(asked.map((args) => ({ file: client.href, args })))
  const said = ran.map(({ code, stdout, stderr }) => `${code} ${stdout}${stderr}`)
  expect(said[0]).toBe(`0 ${lines(3, [1, 2])}`)
  expect(said[1]).toBe(`0 ${lines(1, 2)}`)
  const { asked: shares, ...report } = JSON.parse(ran[2]!.stdout) as { asked: Record<string, number> }
  expect(report).toMatchObject({ calls: 100, ok: 100, failed: {}, retries: 0, p50: expect.any(Number), p99: expect.any(Number) })
  for (const share of Object.values(shares)) expect(share).toBeGreaterThan(10)
  expect(said[3]).toBe(`0 ${lines(3)}`)
  expect(JSON.parse(ran[4]!.stdout)).toMatchObject({ calls: 20, ok: 20 })
  expect(said[5]).toMatch(/^1 --servers must be HOST:PORT: "nowhere" has no port/)
  expect(said[6]).toMatch(/^1 --rate is for calls that come whole/)
  expect(JSON.parse(ran[7]!.stdout)).toMatchObject({ calls: 10, ok: 0, failed: { UNIMPLEMENTED: 10 }, retries: 0 })
  expect(ran[7]!.code).toBe(1)
  expect(said[8]).toMatch(/^1 add: no connection to 127.0.0.1:\d+; it is tried again: nobody listens on/)
  for (const { left } of ran) expect(left).toEqual([])

  // One of them is asked to end while both are called: the calls go to the other one.
  const there = resilient([one, other])
  await there.connected()
  const calling = steady(() => there.call('sleep', [20]), { rate: 100, seconds: 3 })
  await expect.poll(() => Math.min(...there.backends.map(({ picked }) => picked))).toBeGreaterThan(20)
  expect(await one.stop()).toEqual({ code: 0, signal: null })
  expect(await calling).toMatchObject({ calls: 300, ok: 300, failed: {} })
  await there.close()

  // Then the other one, which sends its clients elsewhere, finishes what it has, and ends.
  const line = reconnecting(dialer(other), { base: 5, cap: 10 })
  await line.connected()
  const called = line.call('sleep', [1500])
  await line.call('add', [1, 2])
  const stopped = other.stop()
  await expect.poll(() => line.up).toBe(false)
  expect(await called).toBe(1500)
  expect(await stopped).toEqual({ code: 0, signal: null })
  await line.close()
})

it('servers that are killed: the promises are kept', async () => {
  const args = ['--counts', '--rate', '170', '--seconds', '6', '--every', '2000', '--seed', '4']
  const { stdout, stderr } = await run(new URL('../kills.ts', import.meta.url), args, '', 110_000)
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^seed 4\n.* 2 kills/)
  const kept = stdout.split('\n').filter((line) => /^(kept|BROKEN)/.test(line))
  expect(kept.map((line) => line.slice(0, 6).trim())).toEqual(['kept', 'kept', 'kept', 'kept'])
})

