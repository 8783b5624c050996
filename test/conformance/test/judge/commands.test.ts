import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runInTurn } from '@rpc-steps/cli/processes'
import { beforeAll, describe, expect, it } from 'vitest'
import { commandClient } from '../../src/judge/client.ts'
import { clientCases } from '../../src/judge/cases.ts'
import { judgeClient } from '../../src/judge/judge.ts'
import type { JudgeOptions } from '../../src/judge/judge.ts'
import { pages } from '../../src/judge/pages.ts'
import { counts, textReport } from '../../src/report.ts'

const root = new URL('../../../../', import.meta.url)
const quoted = (path: string) => `'${fileURLToPath(new URL(path, root))}'`
const ours = (client: string) => `'${process.execPath}' ${quoted('shared/cli/src/bundled.mjs')} ${quoted(`steps/${client}/client.ts`)} --port {port}`

async function passes(command: string, options: Partial<JudgeOptions> = {}): Promise<string> {
  const outcome = await judgeClient({ client: commandClient(command), ...options })
  if (outcome.stages.some(({ findings }) => findings.length > 0)) throw new Error(textReport(outcome))
  return counts(outcome)
}

// Each case starts a program: what the others can is tried in this process, in judge.test.ts.
describe('a client that a command starts', () => {
  it('of step 01, which has one call in flight', { timeout: 60_000 }, async () => {
    expect(await passes(`${ours('01-blocking-sockets')} {calls}`, { stages: ['framing', 'hostile'] })).toMatch(/^17 passed/)
  })

  it('of step 08, with deadlines and answers in pieces', { timeout: 60_000 }, async () => {
    const command = `${ours('08-streaming')} --timeout 1000 --credit 2 count '{"to":5}'`
    expect(await passes(command, { stages: ['deadlines', 'streams'] })).toMatch(/^11 passed/)
  })

  const python = spawnSync('python3', ['--version']).status === 0
  if (!python && process.env['CI'] === 'true') throw new Error('there is no python3, in which a client is judged')
  it.skipIf(!python)('in Python, written from the page', { timeout: 60_000 }, async () => {
    const command = `python3 ${quoted('test/conformance/test/judge/client.py')} {port} {calls}`
    expect(await passes(command)).toMatch(/^2\d passed, 0 failed/)
  })
})

describe('npm run conformance --client', () => {
  const main = new URL('../../main.ts', import.meta.url).href
  const nobody = `'${process.execPath}' -e 'process.exit(3)' {port}`
  const wrongly: [args: string[], message: RegExp][] = [
    [['--client', 'python3 client.py'], /--client has no \{port\}/],
    [['--client', 'no-such-program {port}'], /cannot start no-such-program/],
    [['--client', 'a {port}', '--command', 'b {port}'], /one of them/],
    [['--client', 'a {port}', '--step', '04'], /--step is for servers/],
    [['--client', 'a {port}', '--filter', 'nope'], /no case for clients/],
    [['--client', 'a {port}', '--stage', 'security'], /no case for clients/],
  ]
  const told: [args: string[], message: RegExp, code: number][] = [
    [['--client', 'a {port}', '--list'], /^framing: a request in a frame, and its answer\n(.+\n)*streams: one item at a time\n/, 0],
    [['--client', nobody], /cause {7}it ended with exit code 3 before it had connected\n/, 1],
    [['--client', nobody, '--json'], /^\{"subject":.*"cause":"it ended with exit code 3 before it had connected"/, 1],
  ]
  let ran: Awaited<ReturnType<typeof runInTurn>>
  beforeAll(async () => {
    ran = await runInTurn([...wrongly, ...told].map(([args]) => ({ file: main, args })))
  })

  it.each(wrongly.map(([args, message], i) => [args, message, i] as const))('says what is wrong with %j', (_, message, i) => {
    expect(ran[i]!.stderr).toMatch(message)
    expect(ran[i]!).toMatchObject({ code: 1, stdout: '' })
    expect(ran[i]!.stderr).toMatch(/^[^\n]+\n$/)
  })

  it.each(told.map(([args, message, code], i) => [args, message, code, wrongly.length + i] as const))('%j', (_, message, code, i) => {
    expect(ran[i]!.stdout).toMatch(message)
    expect(ran[i]!.code).toBe(code)
  })
})

describe('the page that a client is sent to', () => {
  it.each(Object.values(pages))('%s is there', (page) => {
    const [file = '', section] = page.split('#')
    const headings = readFileSync(new URL(file, root), 'utf8').match(/^##+ .*/gm) ?? []
    expect(headings.map((heading) => heading.replace(/^#+ /, '').toLowerCase().replaceAll(' ', '-'))).toContain(section)
  })

  it('no two cases have one name', () => {
    const names = clientCases.map(({ stage, name }) => `${stage}: ${name}`)
    expect(new Set(names).size).toBe(names.length)
  })
})
