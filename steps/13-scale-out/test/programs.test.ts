import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, startServer } from '@rpc-steps/cli/processes'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isInstalled } from '../tried/nats-server.ts'
import { collector } from './collector.ts'
import { natsServer, needsNats } from './support.ts'

const at = (file: string) => new URL(`../${file}`, import.meta.url)
const client = (...args: string[]) => run(at('client.ts'), args)

async function server(...args: string[]) {
  const running = await startServer(at('server.ts'), args)
  onTestFinished(async () => void (await running.stop('SIGKILL')))
  return running
}

needsNats()

it('says that without --nats nobody else answers', async () => {
  const running = await server()
  expect(running.stdout()).toMatch(/^without --nats, in this process alone/)
  const port = String(running.port)
  expect(await client('--port', port, 'add', '{"a":1,"b":2}')).toMatchObject({ code: 0, stdout: '3\n', stderr: '' })
  expect((await client('--port', port, '--durable', 'add', '{"a":1,"b":2}')).stderr).toBe('--durable needs --nats: it is the broker that keeps a call; --help says more\n')
})

describe.skipIf(!isInstalled)('programs and a NATS server', () => {
  it('serve and call, whichever of them answers', async () => {
    const nats = await natsServer({ jetstream: true })
    const to = ['--nats', nats.address]
    const early = await client(...to, 'add', '{"a":1,"b":2}')
    expect(early).toMatchObject({ code: 1, stdout: '' })
    expect(early.stderr).toMatch(/^add: Nobody serves rpc-steps \(-32014\)/)
    const [one, other] = await Promise.all([server(...to), server(...to)])
    const plain = client(...to, 'say', '{"text":"é"}', 'foobar', 'sum', '[1,2]')
    const pieces = client(...to, '--credit', '4', 'count', '{"to":3}')
    const up = client(...to, '--up', '10', 'total')
    const late = client(...to, '--timeout', '100', 'sleep', '{"ms":60000}')
    const stored = client(...to, '--durable', 'add', '{"a":1,"b":2}')
    expect(await plain).toMatchObject({ code: 1, stdout: '"You said: é"\n3\n', stderr: 'foobar: Method not found (-32601)\n' })
    expect(await pieces).toMatchObject({ code: 0, stdout: '1\n2\n3\n' })
    expect(await up).toMatchObject({ code: 0, stdout: '55\n' })
    expect((await late).stderr).toMatch(/^sleep: Deadline exceeded \(-32008\)/)
    expect(await stored).toMatchObject({ code: 0, stdout: '3\n', stderr: '' })
    // Asked to end, each finishes and leaves.
    expect(await one.stop()).toMatchObject({ code: 0 })
    expect(await client(...to, 'add', '{"a":1,"b":2}')).toMatchObject({ code: 0, stdout: '3\n' })
    expect(await other.stop()).toMatchObject({ code: 0 })
    expect([one.stderr(), other.stderr()]).toEqual(['', ''])
  })

  it('record spans, of calls that are stored as well', async () => {
    const nats = await natsServer({ jetstream: true })
    const folder = await mkdtemp(join(tmpdir(), 'spans-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const file = join(folder, 'server.jsonl')
    const { url, spans } = await collector()
    const to = ['--nats', nats.address, '--otlp', url]
    const running = await server(...to, '--spans', file)
    expect(await client(...to, '--credit', '4', 'count', '{"to":3}')).toMatchObject({ code: 0, stdout: '1\n2\n3\n', stderr: '' })
    expect(await client(...to, '--durable', 'add', '{"a":1,"b":2}')).toMatchObject({ code: 0, stdout: '3\n', stderr: '' })
    expect(await running.stop()).toMatchObject({ code: 0 })
    const traces = ['count', 'add'].map((name) => spans.find((span) => span.name === name && span.service === 'client')!.traceId)
    const of = (trace: string) => spans.filter(({ traceId }) => traceId === trace).map(({ service, name }) => `${service} ${name}`).toSorted()
    expect(of(traces[0]!)).toEqual(['client count', 'client publish rpc-steps.call', 'server count'])
    expect(of(traces[1]!)).toEqual(['client add', 'server add'])
    expect(await readFile(file, 'utf8')).toMatch(/^\{"resourceSpans":.*\n\{"resourceSpans":.*\n$/)
    expect((await client('--spans', file, 'x')).stderr).toMatch(/^--otlp and --spans need --nats/)
  })

  it('say what is missing', async () => {
    const nats = await natsServer()
    const running = await server('--nats', nats.address)
    expect(running.stderr()).toMatch(/NATS does not keep calls: .*-js/)
    expect((await client('--nats', nats.address, '--durable', 'add', '{"a":1,"b":2}')).stderr).toMatch(/^NATS does not keep calls/)
    const nobody = await client('--nats', '127.0.0.1:1', 'add', '{"a":1,"b":2}')
    expect(nobody).toMatchObject({ code: 1, stdout: '' })
    expect(nobody.stderr).toMatch(/^no NATS server answers at 127\.0\.0\.1:1/)
    expect(nobody.stderr.split('\n')).toHaveLength(2)
    expect((await client('--nats', nats.address, '--rate', '1', 'get_data')).stderr).toMatch(/^--nats goes by a broker/)
  })

  it('know by a token who asks, over TLS', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'certificates-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    expect(await run(new URL('../../09-security/certificates.ts', import.meta.url), ['--folder', folder])).toMatchObject({ code: 0 })
    const file = (name: string) => join(folder, name)
    const nats = await natsServer({ args: ['--tls', '--tlscert', file('server.pem'), '--tlskey', file('server.key'), '--tlscacert', file('authority.pem')] })
    const to = ['--nats', nats.address, '--certificates', folder]
    await server(...to)
    expect((await client(...to, 'say', '{"text":"a"}')).stderr).toMatch(/-32001/)
    // What a connection shows to the broker, the broker keeps to itself.
    expect((await client(...to, '--as', 'ada', 'whoami')).stderr).toMatch(/-32001/)
    expect(await client(...to, '--token', file('ada.token'), 'whoami')).toMatchObject({ stdout: '{"name":"ada","by":"token"}\n' })
    await writeFile(file('false.token'), 'no.such.token')
    expect((await client(...to, '--token', file('false.token'), 'whoami')).stderr).toMatch(/-32001/)
  })
})
