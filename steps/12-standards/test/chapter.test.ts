import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serveStandards } from '../src/index.ts'
import type { StandardServer } from '../src/index.ts'
import { usual } from './grpc-support.ts'

const page = new URL('../../../docs/steps/12-standards/index.md', import.meta.url)
// A copy of this step alone has no page.
const text = existsSync(page) ? readFileSync(page, 'utf8') : ''
const hasCurl = spawnSync('curl', ['--version']).status === 0

interface Fence {
  kind: string
  body: string
}

const fences: Fence[] = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, kind, body]) => ({ kind: kind!, body: body!.trim() }))

interface Line {
  command: string
  /** What the page says that it prints. */
  shown: string | undefined
}

const lines: Line[] = fences.flatMap(({ kind, body }, i) => {
  if (kind !== 'sh' || !body.startsWith('curl ')) return []
  const next = fences[i + 1]
  return [{ command: body, shown: next?.kind === 'json' ? next.body : undefined }]
})

interface Outcome {
  code: number
  stdout: string
  stderr: string
}

const status = (number: number, body: unknown) => ({ stdout }: Outcome) => {
  const [head, json] = stdout.split('\r\n\r\n')
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${number} `))
  expect(JSON.parse(json!)).toMatchObject(body as object)
}

/** What the prose says of those that have nothing below them, by what is in the line. */
const said: readonly [string, (outcome: Outcome) => void][] = [
  [':8080/', ({ code, stdout, stderr }) => {
    expect(code).not.toBe(0)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^curl: \(\d+\) ./)
  }],
  ['"shout"', status(404, { id: 1, error: { code: -32601 } })],
  ['"timeoutMs":200', status(504, { id: 1, error: { code: -32008 } })],
  ['"feed"', ({ code, stdout }) => {
    expect(code).toBe(0)
    expect([...stdout.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!) as unknown)).toEqual([1, 2, 3, 4, 5, null])
  }],
  ['"rpc.discover"', ({ stdout }) => expect(JSON.parse(stdout)).toMatchObject({ result: { openrpc: expect.any(String) as string } })],
  ['--include --data', status(415, { id: null, error: { code: -32600 } })],
]

test.runIf(process.env['CI'])('curl is here', () => expect(hasCurl).toBe(true))

describe.skipIf(!text)('the page', () => {
  test('has lines to try', () => expect(lines.length).toBeGreaterThan(5))

  describe.skipIf(!hasCurl)('what it has its reader try is as it says (needs curl)', () => {
    let server: StandardServer
    /** By the port on the page, the port that it has here. */
    const ports = new Map<string, number>([['8080', 0]])
    beforeAll(async () => {
      server = await serveStandards({ ...usual, http: 0, websocket: 0, grpc: 0, origin: undefined })
      // The door of the earlier steps is a door of this one.
      ports.set('8080', server.port)
      const [command = ''] = /npm run step 12 -- server .*/.exec(text) ?? []
      for (const { name, port } of server.ways) {
        const [, written] = new RegExp(`--${name} (\\d+)`).exec(command) ?? []
        ports.set(written!, port)
      }
    })
    afterAll(() => server.close())

    /** Without a shell, as all shells agree on what is between single quotes. */
    function run(command: string): Promise<Outcome> {
      const here = command.replace(/(?<=127\.0\.0\.1:)\d+/, (port) => String(ports.get(port)))
      const [, ...args] = [...here.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word)
      return new Promise((resolve) => {
        execFile('curl', ['--silent', '--show-error', '--max-time', '60', ...args], (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
        })
      })
    }

    test.each(lines)('$command', async ({ command, shown }) => {
      const outcome = await run(command)
      if (shown !== undefined) return expect(outcome).toEqual({ code: 0, stdout: shown, stderr: '' })
      const [, check] = said.find(([part]) => command.includes(part)) ?? []
      if (!check) throw new Error(`the page does not show what comes of this: show it there, or say it in chapter.test.ts: ${command}`)
      check(outcome)
    })
  })
})
