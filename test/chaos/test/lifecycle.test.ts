import { run, startServer } from '@rpc-steps/cli/processes'
import type { RunningServer } from '@rpc-steps/cli/processes'
import { beforeAll, describe, expect, it } from 'vitest'
import { beServed, Client, over } from '../src/peer.ts'
import { hasThreads, servesOneAtATime, waiting } from '../src/subjects.ts'

// Windows has no signals: there, what is sent one just ends.
describe.skipIf(process.platform === 'win32').each(waiting)('$name', (subject) => {
  // Who sleeps in the kernel runs no handler: there the signal itself ends the process.
  const blocks = servesOneAtATime(subject) || hasThreads(subject)
  let server: RunningServer
  beforeAll(async () => {
    server = await startServer(subject.server, subject.args)
  })

  it('says in one line that its port is in use', async () => {
    const args = ['--port', String(server.port), ...subject.args]
    const { code, stdout, stderr } = await run(subject.server, args)
    expect(stderr).toMatch(/^[^\n]*in use[^\n]*\n$/)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    await beServed(server.port)
  })

  it('ends on SIGTERM, with clients connected and a call in flight', () => endsOn('SIGTERM'))

  it('takes its port again at once, and ends on SIGINT', async () => {
    const args = ['--port', String(server.port), ...subject.args]
    server = await startServer(subject.server, args)
    await endsOn('SIGINT')
  })

  async function endsOn(signal: NodeJS.Signals): Promise<void> {
    const client = await Client.to(server.port)
    await client.call('sum', [1])
    const idle = blocks ? undefined : await Client.to(server.port)
    await idle?.call('sum', [1])
    const answer = client
      .call('sleep', [blocks ? 60_000 : 300])
      .catch((error: Error) => error.name)
    // The server has the call in its hands when it has answered what was sent behind it.
    if (!blocks) await client.call('sum', [2])

    const exit = await server.stop(signal)
    expect(exit).toEqual(blocks ? { code: null, signal } : { code: 0, signal: null })
    expect(await answer).toBe(blocks ? 'DisconnectedError' : 300)
    expect(server.stderr()).toBe('')
    if (idle) await over(idle.socket)
  }
})
