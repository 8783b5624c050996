import { fileURLToPath } from 'node:url'
import { connect } from '@rpc-steps/async-await'
import { runInTurn, startServer } from '@rpc-steps/cli/processes'
import type { Program, Ran, RunningServer } from '@rpc-steps/cli/processes'
import { drains } from '@rpc-steps/resilience'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'

const program = (name: string, ...args: string[]): Program => {
  return { file: fileURLToPath(new URL(`../${name}.ts`, import.meta.url)), args }
}
const three = (ms: number) => Array.from({ length: 3 }, () => ['sleep', `[${ms}]`]).flat()

let servers: RunningServer[] = []
const ran = {} as Record<'answered' | 'refused' | 'expired' | 'start' | 'learn' | 'order' | 'limits' | 'steady', Ran>

beforeAll(async () => {
  const start = (...args: string[]) => startServer(program('server').file, args)
  servers = await Promise.all([
    start('--learn', 'no', '--start', '1'),
    start('--learn', 'aimd', '--workers', '1', '--order', 'codel'),
  ])
  const [one, many] = servers.map(({ port }) => (...calls: string[]) => program('client', '--port', String(port), ...calls))
  const programs: Record<keyof typeof ran, Program> = {
    answered: many!('say', '{"text":"hi"}', 'sleep', '[1]'),
    refused: one!(...three(500)),
    expired: many!(...three(500)),
    start: program('server', '--start', '0'),
    learn: program('server', '--learn', 'best'),
    order: program('server', '--order', 'fair'),
    limits: program('simulate', '--seconds', '3'),
    steady: program('steady', '--seconds', '1'),
  }
  const all = await runInTurn(Object.values(programs))
  Object.assign(ran, Object.fromEntries(Object.keys(programs).map((name, i) => [name, all[i]])))
})
afterAll(() => Promise.all(servers.map((server) => server.stop())))

test('the server answers', () => {
  expect(ran.answered).toMatchObject({ code: 0, stderr: '' })
  expect(ran.answered.stdout).toBe('"You said: hi"\n1\n')
})

test.each([
  ['with one place, of three at once two are told', 'refused'],
  ['who has waited for more than 100 ms in its queue is told', 'expired'],
] as const)('%s that it is too much', (_, name) => {
  const { code, stdout, stderr } = ran[name]
  expect({ code, told: (stdout + stderr).match(/\(-32029\)/g)?.length }).toEqual({ code: 1, told: 2 })
})

test.each(['start', 'learn', 'order'] as const)('a wrong --%s is an error in one line', (name) => {
  expect(ran[name]).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(`^--${name} must be .*\n$`) as string })
})

test('the limits stand side by side, and their waiting', () => {
  const { code, stdout, stderr } = ran.limits
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const p99 = (name: string) => {
    const [, line] = new RegExp(`^${name}: p99 +[▁-█ ]{60} (.*)$`, 'm').exec(stdout)!
    return [...line!.matchAll(/(\d+) ms/g)].map(([, ms]) => Number(ms))
  }
  const [none, vegas] = [p99('no limit'), p99('vegas')]
  expect(none).toHaveLength(3)
  expect(vegas[1]! * 10).toBeLessThan(none[1]!)
  expect(vegas[2]! * 10).toBeLessThan(none[2]!)
})

test('the real run measures each server, and ends with 1 if a promise is broken', () => {
  const { code, stdout, stderr } = ran.steady
  expect(stderr).toBe('')
  for (const name of ['no limit', 'fixed 4', 'fixed 16', 'vegas']) {
    expect(stdout).toMatch(new RegExp(`^${name} +\\d+ calls/s +p99 +(\\d+\\.\\d|NaN) ms$`, 'm'))
  }
  // Times are judged where the machine is quiet: here it may stand still while one of the servers is measured.
  const promises = stdout.match(/^(kept|BROKEN) .* promised at (most 0\.25|least 0\.95)$/gm)
  expect(promises).toHaveLength(2)
  expect(code).toBe(promises!.every((line) => line.startsWith('kept')) ? 0 : 1)
})

test('a server that is told to end sends elsewhere who finds no place', async () => {
  const peer = await connect(servers[0]!, { grace: 500, extensions: [drains] })
  onTestFinished(() => peer.destroy())
  const asked = new Promise<void>((resolve) => drains(peer).onAsked(resolve))
  const slow = peer.call('sleep', { ms: 700 })
  await expect(peer.call('say', { text: 'hi' })).rejects.toMatchObject({ code: -32029 })
  const stopped = servers[0]!.stop()
  await asked
  await expect(peer.call('say', { text: 'hi' })).rejects.toMatchObject({ code: -32014 })
  expect(await slow).toBe(700)
  await peer.close()
  expect(await stopped).toMatchObject({ code: 0 })
})

test('a server that is told to end does, and has nothing to complain of', async () => {
  for (const server of servers) {
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect(server.stderr()).toBe('')
  }
})
