import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, runInTurn } from '@rpc-steps/cli/processes'
import type { Ran } from '@rpc-steps/cli/processes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startReference } from './reference-server.ts'

const main = new URL('../main.ts', import.meta.url)

const wrongly: [args: string[], message: RegExp][] = [
  [[], /say what to test: --command COMMAND, --address HOST:PORT or --client COMMAND/],
  [['--address', '127.0.0.1:1', '--command', 'x {port}'], /one of them/],
  [['--command', 'server.py'], /the command has no \{port\}: write it where the server takes its port/],
  [['--command', 'no-such-program {port}'], /cannot start no-such-program: there is no such program/],
  [['--address', '127.0.0.1:1', '--stage', 'nope'], /--stage must be of framing, messages, .*, not "nope"/],
  [['--address', '127.0.0.1:1', '--can', 'fly'], /--can must be of clients, concurrency, .*streams.*, not "fly"/],
  [['--address', '127.0.0.1:1', '--timeout', '0'], /--timeout must be a whole number from 1/],
  [['--address', '127.0.0.1:99999'], /--address .*: the port must be .* from 1 to 65535, not "99999"/],
  [['--address', '127.0.0.1:0'], /the port must be .* from 1 to 65535, not "0"/],
  [['--address=127.0.0.1:-1'], /the port must be .* from 1 to 65535, not "-1"/],
  [['--address', 'localhost:http'], /the port must be .* from 1 to 65535, not "http"/],
  [['--address', 'localhost:'], /the port must be .* from 1 to 65535, not ""/],
  [['--address', 'localhost'], /"localhost" has no port/],
  [['--address', '8080'], /"8080" has no port/],
  [['--address', ''], /"" has no port/],
  [['--address', '[::1]'], /"\[::1\]" has no port/],
  [['--address', ':8080'], /":8080" has no host/],
  [['--address', '::1:8080'], /IPv6 .* in brackets, such as \[::1\]:8080/],
  [['--address', '[::1:8080'], /IPv6 .* in brackets/],
  [['--address', '[localhost]:8080'], /IPv6 .* in brackets/],
  [['--address', 'http://127.0.0.1:8080'], /looks like a URL/],
  [['127.0.0.1:8080'], /nothing but options is taken here, not "127.0.0.1:8080"/],
  [['--address', 'localhost:CLOSED'], /no server at localhost:\d+: .*ECONNREFUSED/],
  [['--address', '127.0.0.1:CLOSED'], /no server at 127\.0\.0\.1:\d+: .*ECONNREFUSED/],
  [['--address', '127.0.0.1:1', '--step', 'nope'], /no step is called nope/],
  [['--address', '127.0.0.1:1', '--filter', 'nope'], /no case has "nope"/],
  [['--adress', '127.0.0.1:1'], /--adress/],
]

describe('npm run conformance', () => {
  let right: { server: Server; port: number }
  let wrong: typeof right
  let closedPort: number
  beforeAll(async () => {
    right = await startReference()
    wrong = await startReference('adds wrong')
    const closed = await startReference()
    closedPort = closed.port
    await once(closed.server.close(), 'close')
  })
  afterAll(() => {
    right.server.close()
    wrong.server.close()
  })

  it('counts what passed and what must fail, and exits with 0', async () => {
    const args = ['--address', `127.0.0.1:${right.port}`, '--step', '04']
    const { code, stdout } = await run(main, [...args, '--filter', 'first one computes'])
    expect(stdout).toMatch(/\(fails, as it must: .*\)\n\n1 passed, 0 failed, 0 skipped\n$/)
    expect(code).toBe(0)
  })

  it('says first how far it is and what is next, then how it failed; exits with 1', async () => {
    const { code, stdout } = await run(main, ['--address', `127.0.0.1:${wrong.port}`, '--filter', 'ids: zero'])
    expect(stdout).toMatch(/^messages +0 of 1 .*\n\nnext: ids: zero\n +"sum" answered 2: /)
    expect(stdout).toMatch(/\nFAILED {2}ids: zero {2}\(test\/conformance\/cases\/ids.txt:\d+\)\n/)
    expect(stdout).toMatch(/\n0 passed, 1 failed, 0 skipped\n$/)
    expect(code).toBe(1)
  })

  it('prints JSON, writes JUnit, lists and explains itself', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'conformance-')), 'junit.xml')
    const at = (port: number) => ['--address', `127.0.0.1:${port}`]
    const told = await runInTurn([
      [...at(wrong.port), '--filter', 'ids: zero', '--json', '--junit', file],
      [...at(right.port), '--stage', 'batches', '--filter', 'batches: of one'],
      [...at(right.port), '--filter', 'while the first one computes', '--can', 'nothing'],
      ['--list', '--filter', 'computes'],
    ].map((args) => ({ file: main.href, args })))
    const [json, one, nothing, list] = told.map(({ stdout }) => stdout)
    expect(JSON.parse(json!)).toMatchObject({
      stages: [{ stage: 'messages', findings: [{ case: 'ids: zero', page: 'docs/service.md#the-methods', came: { kind: 'bytes' } }] }],
    })
    const xml = readFileSync(file, 'utf8')
    expect(xml).toContain('<testsuite name="messages" tests="1" failures="1" skipped="0">')
    expect(xml).toContain('<failure message="&quot;sum&quot; answered 2')
    expect(one).toMatch(/^batches +green .*\n\nNothing is wrong that was asked\.\n\n1 passed, 0 failed, 0 skipped\n$/)
    expect(nothing).toMatch(/^waiting +not asked .*\(--can threads asks for it\)\n\n0 passed, 0 failed, 1 skipped\n$/)
    expect(list).toMatch(/^waiting: .*\n {2}waiting: a second client .* {2}\(--can threads\) {2}docs\/wire.md#who-waits-for-whom\n$/)
    expect(told.map(({ code }) => code)).toEqual([1, 0, 0, 0])
  })

  // All in one process: to start one for each takes most of the time.
  let refused: Ran[]
  beforeAll(async () => {
    const real = (args: readonly string[]) => args.map((arg) => arg.replace('CLOSED', String(closedPort)))
    refused = await runInTurn(wrongly.map(([args]) => ({ file: main.href, args: real(args) })))
  })

  it.each(wrongly.map(([args, message], i) => [args, message, i] as const))('says what is wrong with %j', (_, message, i) => {
    const { code, stdout, stderr } = refused[i]!
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(/^[^\n]+\n$/)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })
})
