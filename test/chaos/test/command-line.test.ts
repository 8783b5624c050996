import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { once } from 'node:events'
import { run, runInTurn, startServer } from '@rpc-steps/cli/processes'
import type { Ran, RunningServer } from '@rpc-steps/cli/processes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plain } from '../src/subjects.ts'

type Refusal = [what: string, args: string[], message: RegExp]

const noAddress = (args: string[]): Refusal[] => [
  ['that the host is no address', ['--host', '1.2.3.4.5', ...args], /1\.2\.3\.4\.5/],
]

/** What all steps leave to the same few lines of code is asked of one. */
const asked = plain.at(-1)!.name
const clientOnce: Refusal[] = [
  ['that the parameters are wrong', ['--port', 'PORT', 'add', '["x",1]'], /add.*params.*"a"/i],
  ['that the parameters are no object', ['--port', 'PORT', 'say', '5'], /say.*object/],
  ['that no method is named', ['--port', 'PORT'], /method/],
  ['that the port is too large', ['--port', '65536', 'get_data'], /--port.*65535/],
  ['that there is no such option', ['--prot', '80', 'get_data'], /--prot/],
  ['that there is no such framing', ['--framing', 'morse', 'get_data'], /--framing.*morse/],
]
const serverOnce: Refusal[] = [
  ['that the port is too large', ['--port', '70000'], /--port.*65535/],
  ['that there is no such option', ['--prot', '0'], /--prot/],
  ['that there is no such framing', ['--framing', 'morse'], /--framing.*morse/],
  ['that it takes no other words', ['--port', '0', 'say'], /say/],
]

describe.each(plain)('$name', ({ name, step, server, client }) => {
  let running: RunningServer
  /** Speaks another protocol. */
  let stranger: Server
  /** Hangs up inside its answer. */
  let quitter: Server
  let closedPort: number

  beforeAll(async () => {
    running = await startServer(server)
    stranger = await listen('HTTP/1.1 400 Bad Request\r\n\r\n')
    quitter = await listen('Content-Length: 100\r\n\r\n{"jsonrpc":"2.0",')
    const closed = await listen('')
    closedPort = portOf(closed)
    closed.close()
  })
  afterAll(async () => {
    stranger.close()
    quitter.close()
    await running.stop()
  })

  const ports = () => ({
    PORT: running.port,
    STRANGER: portOf(stranger),
    QUITTER: portOf(quitter),
    CLOSED: closedPort,
  })

  const refused: Refusal[] = [
    ...(step.numericHosts ? noAddress(['get_data']) : []),
    ['that there is no such method', ['--port', 'PORT', 'nope'], /nope.*not found/i],
    ['what error came', ['--port', 'PORT', 'fail', '{"code":7,"message":"no tea"}'], /no tea.*7/],
    ['that the parameters are no JSON', ['--port', 'PORT', 'say', '{"text":'], /say.*JSON/],
    ['that nobody listens', ['--port', 'CLOSED', 'get_data'], /nobody listens.*ECONNREFUSED/],
    ['that the port is no number', ['--port', 'http', 'get_data'], /--port.*"http"/],
    ['that the peer speaks something else', ['--port', 'STRANGER', 'get_data'], /protocol/],
    ['that the peer hung up', ['--port', 'QUITTER', 'get_data'], /ended/],
    ...(name === asked ? clientOnce : []),
  ]
  const refusedToStart: Refusal[] = [
    ...(step.numericHosts ? noAddress(['--port', '0']) : []),
    ['that the port is no number', ['--port', '80x'], /--port.*"80x"/],
    // 203.0.113.0/24 is for documentation: no machine has such an address (RFC 5737).
    ['that the host is not ours', ['--port', '0', '--host', '203.0.113.1'], /203\.0\.113\.1/],
    ...(name === asked ? serverOnce : []),
  ]
  const all = [
    ...refused.map(([what, args, message]) => ({ what: `the client says in one line ${what}`, program: client, args, message })),
    ...refusedToStart.map(([what, args, message]) => ({ what: `the server says in one line ${what}`, program: server, args, message })),
  ]
  const real = (args: readonly string[]) => {
    const named = ports()
    return args.map((arg) => String(named[arg as keyof typeof named] ?? arg))
  }

  // All that may be said badly is tried in one process: to start one for each takes most of the time.
  let ran: Ran[]
  beforeAll(async () => {
    ran = await runInTurn(all.map(({ program, args }) => ({ file: program.href, args: real(args) })))
  })

  it.each(all.map(({ what, message }, i) => [what, i, message] as const))('%s', (_, i, message) => {
    const { code, stdout, stderr, left } = ran[i]!
    expect(stderr).toMatch(/^[^\n]+\n$/)
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at |node:internal|^\w*Error: /m)
    expect({ code, stdout, left }).toEqual({ code: 1, stdout: '', left: [] })
  })

  it.each([client, server])('ends with what it says: %s', async (program) => {
    const { args, message } = all.findLast((one) => one.program === program && one.args.includes('--port'))!
    const { code, stdout, stderr } = await run(program, real(args))
    expect(stderr).toMatch(message)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })
})

/** A server that gives everybody the same answer, and hangs up. */
async function listen(answer: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {}).once('data', () => socket.end(answer))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
