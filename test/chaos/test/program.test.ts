import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { listening, run, runInTurn, start } from '@rpc-steps/cli/processes'
import { createFramer } from '@rpc-steps/wire'
import type { Request } from '@rpc-steps/wire'
import { afterEach, describe, expect, it } from 'vitest'
import { beServed, over, raw } from '../src/peer.ts'

const main = new URL('../main.ts', import.meta.url)

type Mischief = 'none' | 'wrong' | 'twice' | 'never' | 'leaves' | 'stays'

/** Answers as the service does, but for every eighth call, or for the end of a connection. */
async function listen(mischief: Mischief): Promise<number> {
  let calls = 0
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const framer = createFramer('content-length')
    socket.on('error', () => {}).on('end', () => mischief !== 'stays' && socket.end())
    socket.on('data', (chunk) => {
      framer.push(chunk)
      for (let body = framer.next(); body !== undefined; body = framer.next()) {
        const strange = mischief !== 'stays' && ++calls % 8 === 0
        reply(socket, framer.frame, JSON.parse(body) as Request, strange ? mischief : 'none')
      }
    })
  })
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}
const servers: ReturnType<typeof createServer>[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

function reply(socket: Socket, frame: (body: string) => string | Uint8Array, { id, method, params }: Request, mischief: Mischief): void {
  const { text, ms } = params as { text?: string; ms?: number }
  const outcome =
    mischief === 'wrong' ? { result: 'You said nothing' }
    : method === 'sleep' ? { result: ms }
    : text === undefined ? { error: { code: -32602, message: 'Invalid params' } }
    : { result: `You said: ${text}` }
  const answer = frame(JSON.stringify({ jsonrpc: '2.0', id, ...outcome }))
  if (mischief === 'leaves') socket.end()
  else if (mischief !== 'never' && socket.writable) socket.write(answer)
  if (mischief === 'twice') socket.write(answer)
}

describe('npm run chaos -- --to', () => {
  it('stands before a server, and says what it does, by a seed that it prints', async () => {
    const port = await listen('none')
    const seen: string[] = []
    for (let i = 0; i < 2; i++) {
      const program = start(main, ['--to', String(port), '--seed', '11', '--faults', 'split,join,delay'])
      const { port: bad } = await listening(program)
      for (let j = 0; j < 5; j++) await beServed(bad)
      await program.printed(/^5 closed after /m)
      const { code, signal } = await program.stop()
      expect({ code, signal, stderr: program.stderr() }).toEqual({ code: 0, signal: null, stderr: '' })
      seen.push(program.stdout().replaceAll(String(bad), 'PORT'))
    }
    expect(seen[0]).toMatch(/^seed 11\nlistening on 127.0.0.1:PORT\n1 opened\n/)
    expect(seen[0]).toMatch(/^1 closed after \d+ bytes up, \d+ down$/m)
    expect(seen[0]).toMatch(/^\d (?:up|down): split of \d+ bytes to pieces of \d+/m)
    expect(seen[0]).toMatch(/\n5 connections with seed 11: .*\d split.*\n$/)
    const lines = (text: string | undefined) => text?.split('\n').sort()
    expect(lines(seen[1])).toEqual(lines(seen[0]))
  })

  it('takes a seed by chance, is quiet if it should be, and goes on when nobody is behind it', async () => {
    const closed = await listen('none')
    servers.pop()!.close()
    const program = start(main, ['--to', `localhost:${closed}`, '--quiet'])
    const { port } = await listening(program)
    for (let i = 0; i < 2; i++) await over(await raw(port))
    const { code } = await program.stop('SIGINT')
    expect(program.stdout()).toMatch(/^seed \d+\nlistening on \S+\n2 connections with seed \d+: none\n$/)
    expect(code).toBe(0)
  })
})

describe('npm run chaos -- --rounds', () => {
  it('starts a step, tries it, says what it did and how to do it again', async () => {
    const { code, stdout, stderr } = await run(main, ['--step', '04', '--rounds', '2', '--seed', '5', '--stall', '50'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^seed 5: 04-async-await behind split, .*\n\d+ s: 2 rounds, 10 connections, \d+ calls: \d+ right.*\nfaults: .*\d split/)
    expect(stdout).toMatch(/\nagain: npm run chaos -- --step 04 --seed 5 --rounds 2 --stall 50\n$/)
  })

  it('says every ten seconds how far it is, and ends when it is told to', async () => {
    const program = start(main, ['--step', '04', '--minutes', '10', '--faults', 'throttle', '--stall', '600000'])
    await program.printed(/^10 s: \d+ rounds/m)
    const { code } = await program.stop('SIGINT')
    expect(program.stderr()).toBe('')
    expect(code).toBe(0)
    expect(program.stdout()).toMatch(/\n\d+ s: \d+ rounds/)
  })

  it.each<[Mischief, RegExp]>([
    ['wrong', /call \d+ \(\w+\) of plain client \d: \w+ was answered with "You said nothing"/],
    ['twice', /\d+ repl(?:y|ies) came to no call, or to one that had its reply/],
    ['never', /call \d+ \(\w+\) of plain client \d has no outcome, and nothing has moved for [\d.]+ s/],
    ['leaves', /\d connections? lost calls, and only 0 were cut/],
    ['stays', /[1-3] connections? did not end/],
  ])('finds a server that answers %s', async (mischief, message) => {
    const port = await listen(mischief)
    const { code, stdout, stderr } = await run(main, ['--to', String(port), '--rounds', '3', '--seed', '3', '--patience', '1', '--stall', '50'])
    expect(stderr).toMatch(/^seed \d+: [^\n]*; again: npm run chaos -- --to 127.0.0.1:\d+ --seed \d+ --rounds 1 [^\n]*\n$/)
    expect(stderr).toMatch(message)
    expect(stdout).toMatch(/\nfaults: /)
    expect(code).toBe(1)
  })

  it('finds nothing in one that does what it should', async () => {
    const port = await listen('none')
    const { code, stderr } = await run(main, ['--to', String(port), '--rounds', '3', '--seed', '3', '--patience', '1', '--stall', '50'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

it('says in one line what is wrong', async () => {
  const wrong: [string[], RegExp][] = [
    [[], /--to HOST:PORT, or --step NAME/],
    [['--to', '8080', '--step', '04'], /either --to or --step/],
    [['--step', '04'], /--minutes N or --rounds N/],
    [['--step', '99', '--rounds', '1'], /--step .*no step is called 99/],
    [['--to', '99999'], /--to .*port must be .*"99999"/],
    [['--to', 'http://localhost:80'], /--to .*URL/],
    [['--to', '80', '--faults', 'split,melt'], /--faults must be some of split, .*"melt"/],
    [['--to', '80', '--seed', 'x'], /--seed .*"x"/],
    [['--to', '80', '--listen', '80x'], /--listen .*"80x"/],
    [['--to', '80', '--minutes', '0'], /--minutes .*"0"/],
    [['--to', '1', '--rounds', '1'], /nobody listens on 127.0.0.1:1/],
    [['80'], /nothing but options/],
  ]
  const ran = await runInTurn(wrong.map(([args]) => ({ file: main.href, args })))
  for (const [i, [, message]] of wrong.entries()) {
    expect(ran[i]!.stderr).toMatch(/^[^\n]+\n$/)
    expect(ran[i]!.stderr).toMatch(message)
    expect({ code: ran[i]!.code, left: ran[i]!.left }).toEqual({ code: 1, left: [] })
  }
})
