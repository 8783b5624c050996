import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run, runInTurn, startServer } from '@rpc-steps/cli/processes'
import type { RunningServer } from '@rpc-steps/cli/processes'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fillFolder } from '../src/certificates.ts'
import { readCredentials } from '../src/index.ts'
import { dial, outcome, rawClient, scratch, silent } from './support.ts'

const program = (name: string) => new URL(`../${name}.ts`, import.meta.url).href
const server = new URL(program('server'))

async function started(...args: string[]): Promise<RunningServer> {
  const running = await startServer(server, args)
  onTestFinished(() => void running.stop('SIGKILL'))
  return running
}

/** A folder, a policy, and a server that has both. */
async function guarded(...args: string[]) {
  const folder = await scratch()
  await fillFolder(folder)
  const policy = join(folder, 'policy.json')
  const allow = (...allow: object[]) => writeFile(policy, JSON.stringify({ allow }))
  await allow({ who: 'ada', methods: ['*'] }, { who: 'bob', methods: ['say', 'whoami'] })
  const at = await started('--certificates', folder, '--policy', policy, ...args)
  return { at, folder, policy, allow }
}

const serial = async (at: RunningServer, folder: string) => {
  const { socket } = await rawClient(at, await readCredentials(folder))
  const { serialNumber } = socket.getPeerX509Certificate()!
  socket.destroy()
  return serialNumber
}

test('the client is who its certificate or its token says, and hears no more than it may', async () => {
  const { at, folder } = await guarded()
  const by = (...args: string[]) => ({ file: program('client'), args: ['--port', String(at.port), '--certificates', folder, ...args] })
  const ran = await runInTurn([
    by('--as', 'ada', 'whoami'),
    by('--token', join(folder, 'bob.token'), 'whoami'),
    by('whoami'),
    by('--as', 'bob', 'add', '[1,2]'),
    by('--as', 'ada', '--credit', '2', 'count', '[3]'),
    by('--as', 'eve', 'whoami'),
    { file: program('client'), args: ['--port', String(at.port), '--as', 'ada', 'whoami'] },
    { file: program('server'), args: ['--policy', 'x'] },
    { file: program('server'), args: ['--port', '0', '--certificates', join(folder, 'nowhere')] },
  ])
  expect(ran.map(({ code, stdout, stderr }) => `${code} ${(stdout + stderr).replaceAll('\n', ' ').trim()}`)).toEqual([
    '0 {"name":"ada","by":"certificate"}',
    '0 {"name":"bob","by":"token"}',
    expect.stringMatching(/^1 whoami: Unauthenticated \(-32001\)/),
    expect.stringMatching(/^1 add: Permission denied \(-32003\)/),
    '0 1 2 3',
    expect.stringMatching(/^1 .*eve\.(pem|key)/),
    expect.stringMatching(/^1 --as and --token need --certificates/),
    expect.stringMatching(/^1 --policy and --watch need --certificates/),
    expect.stringMatching(/^1 .*no such file.*(authority|tokens)\.pem/),
  ])
  expect(ran.flatMap(({ left }) => left)).toEqual([])
  const lines = at.stderr().trim().split('\n').map((line) => JSON.parse(line) as object)
  expect(lines).toMatchObject([{ refused: 'UNAUTHENTICATED', method: 'whoami' }, { refused: 'PERMISSION_DENIED', who: 'bob', method: 'add' }])
})

describe('the server', () => {
  test.skipIf(process.platform === 'win32')('takes up new certificates and another policy on SIGHUP, and keeps the old if they are wrong', async () => {
    const { at, folder, allow, policy } = await guarded()
    const peer = await dial(at, await readCredentials(folder, 'bob'))
    expect(await outcome(peer.call('add', [1, 2]))).toBe(-32003)
    const before = await serial(at, folder)
    await fillFolder(folder)
    await allow({ who: '*', methods: ['*'] })
    expect(await serial(at, folder)).toBe(before)
    at.process.kill('SIGHUP')
    await expect.poll(() => outcome(peer.call('add', [1, 2]))).toBe(3)
    const after = await serial(at, folder)
    expect(after).not.toBe(before)
    await writeFile(policy, '{"allow": [{"who": "ada", "methods": ["*"], "perSeconds": 1}]}')
    at.process.kill('SIGHUP')
    await expect.poll(at.stderr).toMatch(/kept the old certificates and policy: .*policy\.json: rule 1: nobody knows "perSeconds"/)
    expect(await peer.call('add', [1, 2])).toBe(3)
    expect(await serial(at, folder)).toBe(after)
  })

  test('with --watch does so by itself, waits out a folder that is half written, and ends when it is asked to', async () => {
    const { at, folder } = await guarded('--watch')
    const before = await serial(at, folder)
    await rm(join(folder, 'server.pem'))
    await expect.poll(at.stderr).toMatch(/kept the old .*server\.pem/)
    expect(await serial(at, folder)).toBe(before)
    await fillFolder(folder)
    await expect.poll(() => serial(at, folder)).not.toBe(before)
    expect(await at.stop()).toEqual({ code: 0, signal: null })
  })

  test('that is asked to end answers what is in flight, and waits for no stranger', async () => {
    const { at, folder } = await guarded()
    const peer = await dial(at, await readCredentials(folder, 'ada'))
    const stranger = await silent(at)
    const reply = peer.call('feed', [100, 4]).catch((error: unknown) => error)
    expect(await peer.call('add', [1, 2])).toBe(3)
    const began = performance.now()
    expect(await at.stop()).toEqual({ code: 0, signal: null })
    expect(performance.now() - began).toBeLessThan(4500) // the stranger would have had five seconds
    expect(await reply).not.toBeInstanceOf(Error)
    await expect.poll(() => stranger.closed || stranger.readableEnded).toBe(true)
  })
})

test('certificates fills a folder, and says what is in it', async () => {
  const folder = join(await scratch(), 'new')
  const { code, stdout } = await run(new URL(program('certificates')), ['--folder', folder, '--names', 'eve'])
  expect([code, stdout]).toEqual([0, `in ${folder}: authority.pem server.pem tokens.pem eve.pem eve.token, and their keys\n`])
  await readCredentials(folder, 'eve')
})
