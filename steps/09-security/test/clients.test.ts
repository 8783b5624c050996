import { spawn, spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { answer } from '@rpc-steps/async-await'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ada, bob, client, nobody, rule, scratch, serve, stranger } from './support.ts'
import type { Served } from './support.ts'
import type { Credentials } from '../src/index.ts'

// Programs that nobody here has written.

/** The first of these commands that there is. In the continuous build none may be missing. */
function found(...commands: string[]): string | undefined {
  const command = commands.find((command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined)
  if (command === undefined && process.env['CI']) throw new Error(`${commands.join(' or ')} is missing`)
  if (command === undefined) console.warn(`skipped what needs ${commands.join(' or ')}: it is not installed`)
  return command
}

const openssl = found('openssl')
const python = found('python3', 'python')

/** What a command prints, to which something is said. */
async function spoken(command: string, args: string[], input: string): Promise<string> {
  const child = spawn(command, args, { stdio: 'pipe' })
  onTestFinished(() => void child.kill('SIGKILL'))
  let out = ''
  const look = (chunk: Buffer) => {
    out += chunk.toString()
    if (out.includes('"jsonrpc"')) child.stdin.end() // openssl ends when there is no more to say, answered or not
  }
  child.stdout.on('data', look)
  child.stderr.on('data', look)
  child.stdin.on('error', () => {})
  child.stdin.write(input)
  await new Promise((resolve) => child.once('close', resolve))
  return out
}

const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'whoami' })
const frame = `Content-Length: ${text.length}\r\n\r\n${text}`

/** Credentials as files. */
async function files({ ca, cert, key }: Credentials) {
  const folder = await scratch()
  const write = async (name: string, text: unknown) => {
    const file = join(folder, name)
    await writeFile(file, String(text ?? ''))
    return file
  }
  return { ca: await write('ca', ca), cert: await write('cert', cert), key: await write('key', key) }
}

const start = (): Promise<Served> => serve(answer, { policy: [rule('*', 'whoami')] })

describe.runIf(openssl)('openssl s_client', () => {
  const asked = async (at: Served, credentials: Credentials, ...more: string[]) => {
    const { ca, cert, key } = await files(credentials)
    const own = credentials.cert ? ['-cert', cert, '-key', key] : []
    const args = ['s_client', '-connect', `127.0.0.1:${at.port}`, '-CAfile', ca, '-verify_return_error', ...own, ...more]
    return spoken(openssl!, args, frame)
  }

  test('with a certificate is who it says; the connection is TLS 1.3', async () => {
    const at = await start()
    const out = await asked(at, ada)
    expect(out).toContain('"result":{"name":"ada","by":"certificate"}')
    expect(out).toMatch(/TLSv1\.3/)
    expect(out).toContain('Verification: OK')
  })

  test('without one is told that it is unauthenticated', async () => {
    expect(await asked(await start(), nobody)).toContain('"code":-32001')
  })

  test('with one that others have signed gets no answer', async () => {
    const at = await start()
    expect(await asked(at, await client('ada', { by: stranger }))).not.toContain('jsonrpc')
    expect(at.refused()).toHaveLength(1)
  })

  test('that speaks only TLS 1.2 is refused in the handshake', async () => {
    const at = await start()
    const out = await asked(at, bob, '-tls1_2')
    expect(out).toMatch(/alert protocol version/)
    expect(out).not.toContain('jsonrpc')
    expect(at.refused()).toEqual(['UNAUTHENTICATED: ERR_SSL_UNSUPPORTED_PROTOCOL'])
  })
})

describe.runIf(python)("Python's ssl", () => {
  const program = `
import socket, ssl, sys
port, ca, cert, key = sys.argv[1:5]
context = ssl.create_default_context(cafile=ca)
if len(sys.argv) > 6: context.load_cert_chain(cert, key)
frame = sys.argv[5].encode()
with socket.create_connection(('127.0.0.1', int(port)), 20) as plain:
    with context.wrap_socket(plain, server_hostname='localhost') as tls:
        tls.sendall(frame)
        print(tls.version(), tls.recv(65536).decode().split('\\r\\n\\r\\n')[-1])
`
  const asked = async (at: Served, credentials: Credentials) => {
    const { ca, cert, key } = await files(credentials)
    return spoken(python!, ['-c', program, String(at.port), ca, cert, key, frame, ...(credentials.cert ? ['certificate'] : [])], '')
  }

  test('with and without a certificate', async () => {
    const at = await start()
    const [known, unknown] = await Promise.all([asked(at, ada), asked(at, nobody)])
    expect(known).toContain('TLSv1.3 {"jsonrpc":"2.0","result":{"name":"ada","by":"certificate"},"id":1}')
    expect(unknown).toContain('"code":-32001')
  })

  test('that believes another authority does not speak to this server', async () => {
    const at = await start()
    expect(await asked(at, { ca: stranger.certificate.toString('pem') })).toContain('CERTIFICATE_VERIFY_FAILED')
    expect(at.peers.size).toBe(0)
  })
})
