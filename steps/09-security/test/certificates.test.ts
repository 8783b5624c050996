import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as net from 'node:net'
import * as tls from 'node:tls'
import { answer, listen } from '@rpc-steps/async-await'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fillFolder } from '../src/certificates.ts'
import { authenticated, connectSecurely, namedBy, readCredentials, readGuard, renewing } from '../src/index.ts'
import { ada, client, dial, gone, nobody, ours, outcome, rawClient, request, scratch, serve, server, serverPair, silent, stranger, turn } from './support.ts'

const hour = 60 * 60 * 1000

describe('a client', () => {
  test('is who its certificate says', async () => {
    const at = await serve(answer)
    expect(await (await dial(at, ada)).call('whoami')).toEqual({ name: 'ada', by: 'certificate' })
    expect(at.lines).toEqual([])
  })

  test('without a certificate may ask, and is nobody', async () => {
    const at = await serve(answer)
    expect(await outcome((await dial(at, nobody)).call('whoami'))).toBe(-32001)
  })

  test.each([
    ['that an authority of strangers has signed', () => client('ada', { by: stranger }), /UNABLE_TO_|SELF_SIGNED/],
    ['that is over', () => client('ada', { days: -1 }), /^UNAUTHENTICATED: CERT_HAS_EXPIRED$/],
    ['that is one for servers', () => server({ names: ['ada'] }), /^UNAUTHENTICATED: INVALID_PURPOSE$/],
    ['whose name is not plain', () => client('ada/../bob'), /no name of ours$/],
  ])('with a certificate %s is not heard', async (_, credentials, why) => {
    let begun = 0
    const at = await serve(() => void begun++)
    const { socket, say, heard } = await rawClient(at, await credentials())
    say(request(1, 'x'))
    await gone(socket)
    expect([begun, heard()]).toEqual([0, []])
    expect(at.refused()).toEqual([expect.stringMatching(why)])
    expect(at.peers.size).toBe(0)
  })

  test('with the certificate of somebody else does not come in without their key', async () => {
    const { key } = await client('bob')
    await expect(rawClient(await serve(answer), { ...ada, key: key! })).rejects.toThrow(/key values mismatch/)
  })

  test.each([
    ['one SPIFFE ID of ours', 'URI:spiffe://rpc-steps/ada', 'ada'],
    ['one name of a host', 'DNS:db.example.org', 'db.example.org'],
    ['two names', 'URI:spiffe://rpc-steps/ada, URI:spiffe://rpc-steps/bob', undefined],
    ['two names of two kinds', 'DNS:ada, URI:spiffe://rpc-steps/bob', undefined],
    ['a name with another inside', 'URI:"spiffe://rpc-steps/ada, DNS:bob"', undefined],
    ['a SPIFFE ID of others', 'URI:spiffe://elsewhere/ada', undefined],
    ['one that begins like ours', 'URI:spiffe://rpc-steps.example.org/ada', undefined],
    ['a wildcard', 'DNS:*', undefined],
    ['an address', 'IP Address:127.0.0.1', undefined],
    ['no name', undefined, undefined],
  ])('a certificate with %s', (_, subjectAltName, name) => {
    expect(namedBy({ subjectAltName, validTo: new Date(0).toUTCString() } as never)?.name).toBe(name)
  })

  test('whose certificate ends while its connection lives is nobody from then on', async () => {
    let now = Date.now()
    const at = await serve(authenticated(() => 'done', { today: () => now }))
    const peer = await dial(at, ada)
    expect(await peer.call('x')).toBe('done')
    now += 25 * hour
    expect(await outcome(peer.call('x'))).toBe(-32001)
    expect(await outcome(peer.call('x'))).toBe(-32001)
    expect(peer.state).toBe('open')
  })
})

describe('a server', () => {
  test.each([
    ['whose certificate is of strangers', () => server({ by: stranger }), /self-signed|unable to/],
    ['whose certificate is over', () => server({ days: -1 }), /expired/],
    ['that has another name', () => server({ names: ['elsewhere.example'] }), /127\.0\.0\.1/],
    ['that shows the certificate of a client', () => client('ada'), /purpose/],
  ])('%s is not believed', async (_, credentials, why) => {
    const at = await serve(answer, { credentials: await credentials() })
    await expect(dial(at, ada)).rejects.toThrow(why)
    await expect.poll(() => at.admission.counts).toEqual({ known: 0, strangers: 0 })
  })

  test('that speaks no TLS is not spoken to', async () => {
    const plain = await listen(answer, { host: '127.0.0.1', port: 0 }, { log: () => {} })
    onTestFinished(() => plain.close())
    await expect(dial(plain, nobody)).rejects.toThrow()
  })
})

test('who waits for a handshake that does not come can give up', async () => {
  const silent = net.createServer()
  onTestFinished(() => void silent.close())
  const accepted = new Promise<net.Socket>((resolve) => silent.once('connection', resolve))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const enough = new AbortController()
  const address = { host: '127.0.0.1', port: (silent.address() as net.AddressInfo).port }
  const connecting = connectSecurely(address, { credentials: ada, signal: enough.signal })
  const socket = await accepted
  enough.abort(new Error('enough'))
  await expect(connecting).rejects.toThrow('enough')
  await gone(socket.resume())
  await expect(connectSecurely(address, { credentials: ada, signal: enough.signal })).rejects.toThrow('enough')
})

describe('an earlier session', () => {
  test('is not resumed, so nobody is believed for who they were', async () => {
    const at = await serve(answer)
    const { socket, say, heard } = await rawClient(at, ada)
    let session: Buffer | undefined
    socket.on('session', (given) => (session = given))
    say(request(1, 'whoami'))
    await expect.poll(() => heard().length).toBe(1)
    // Even where the client keeps what it can get of the session.
    const again = await rawClient(at, nobody, { session: session ?? socket.getSession()! })
    expect(again.socket.isSessionReused()).toBe(false)
    again.say(request(1, 'whoami'))
    await expect.poll(again.heard).toEqual(['1: -32001'])
  })
})

describe('new certificates', () => {
  test('are shown to new connections, and those that there are go on', async () => {
    const at = await serve(answer)
    const old = await rawClient(at, ada)
    const before = old.socket.getPeerX509Certificate()!.serialNumber
    at.renew(await server())
    const fresh = await rawClient(at, ada)
    expect(fresh.socket.getPeerX509Certificate()!.serialNumber).not.toBe(before)
    old.say(request(1, 'add', {}, [1, 2]))
    await expect.poll(old.heard).toEqual(['1: 3'])
  })

  test('that are none change nothing', async () => {
    const at = await serve(answer)
    expect(() => at.renew({ ...serverPair, key: 'no key' })).toThrow()
    expect(await (await dial(at, ada)).call('add', [1, 2])).toBe(3)
  })

  test('keep what was said of TLS: no session is resumed, and 1.2 is not spoken', async () => {
    const at = await serve(answer)
    at.renew(await server())
    const one = await rawClient(at, ada)
    one.say(request(1, 'whoami'))
    await expect.poll(() => one.heard().length).toBe(1)
    const two = await rawClient(at, nobody, { session: one.socket.getSession()! })
    expect(two.socket.isSessionReused()).toBe(false)
    await expect(rawClient(at, ada, { maxVersion: 'TLSv1.2' })).rejects.toThrow()
  })

  test('whose authority is a new one: who was signed by the old does not come in any more', async () => {
    const at = await serve(answer)
    const { cert, key } = await server({ by: stranger })
    at.renew({ ca: stranger.certificate.toString('pem'), cert: cert!, key: key! })
    const { socket } = await rawClient(at, { ...ada, ca: stranger.certificate.toString('pem') })
    await gone(socket)
    expect(at.refused()).toHaveLength(1)
  })
})

describe('a folder', () => {
  test('has what a server and its clients need, and keeps who signs when it is filled again', async () => {
    const folder = await scratch()
    await fillFolder(folder, { names: ['ada'] })
    const at = await serve(answer, { credentials: await readCredentials(folder, 'server') })
    const shown = await readCredentials(folder, 'ada')
    expect(await (await dial(at, shown)).call('whoami')).toEqual({ name: 'ada', by: 'certificate' })
    await fillFolder(folder, { names: ['ada'] })
    expect(await readCredentials(folder)).toEqual({ ca: shown.ca })
    expect(await readCredentials(folder, 'ada')).not.toEqual(shown)
  })

  test('of which one half is written is no folder: readCredentials and readGuard say so', async () => {
    const folder = await scratch()
    await fillFolder(folder, { names: [] })
    await readGuard(folder)
    await rename(join(folder, 'server.pem'), join(folder, 'old.pem'))
    await expect(readGuard(folder)).rejects.toThrow(/server\.pem/)
    await writeFile(join(folder, 'server.pem'), (await ours.forServer(['localhost'])).certificate)
    await expect(readGuard(folder)).rejects.toThrow(/no pair/)
    await rename(join(folder, 'old.pem'), join(folder, 'server.pem'))
    await readGuard(folder)
    await writeFile(join(folder, 'tokens.pem'), 'no key')
    await expect(readGuard(folder)).rejects.toThrow(/tokens\.pem cannot be read/)
  })

  test.each(['authority.pem', 'server.pem', 'server.key', 'tokens.pem'])('of whose %s only a part is there is no folder, and nobody else is believed', async (file) => {
    const folder = await scratch()
    await fillFolder(folder, { names: [] })
    const whole = await readFile(join(folder, file), 'utf8')
    for (const bytes of [0, 1, 27, whole.length - 10]) {
      await writeFile(join(folder, file), whole.slice(0, bytes))
      await expect(readGuard(folder), `${bytes} bytes`).rejects.toMatchObject({ code: 'ERR_CREDENTIALS' })
    }
    await writeFile(join(folder, file), whole)
    await readGuard(folder)
  })

  test('is read again when it changes, one time after the other; what fails is said, and tried again at the next change', async () => {
    const folder = await scratch()
    const [lines, seen]: [string[], string[]] = [[], []]
    let [running, most] = [0, 0]
    const stop = renewing(async () => {
      most = Math.max(most, ++running)
      try {
        await readCredentials(folder)
        seen.push('read')
      } finally {
        running--
      }
    }, folder, (line) => lines.push(line))
    onTestFinished(stop)
    await writeFile(join(folder, 'half'), '')
    await expect.poll(() => lines.at(-1)).toMatch(/^kept the old certificates and policy: .*authority\.pem/)
    await writeFile(join(folder, 'authority.pem'), ours.certificate.toString('pem'))
    await expect.poll(() => seen.length).toBeGreaterThan(0)
    const before = seen.length
    await Promise.all(Array.from({ length: 50 }, (_, i) => writeFile(join(folder, `${i}`), '')))
    await expect.poll(() => seen.length).toBeGreaterThan(before)
    expect(most).toBe(1)
    stop()
    await rm(join(folder, 'half'))
  })
})

test('what changes while it is read is read again, and once', async () => {
  const reads: (() => void)[] = []
  onTestFinished(renewing(() => new Promise((resolve) => void reads.push(resolve))))
  for (let i = 0; i < 3; i++) process.emit('SIGHUP')
  expect(reads).toHaveLength(1)
  reads[0]!()
  await expect.poll(() => reads.length).toBe(2)
  reads[1]!()
  await turn()
  expect(reads).toHaveLength(2)
})

describe('what is no TLS 1.3', () => {
  test('gets not a byte of the service, and none of ours', async () => {
    let begun = 0
    const at = await serve(() => void begun++)
    for (const text of ['GET / HTTP/1.1\r\n\r\n', 'Content-Length: 40\r\n\r\n{"jsonrpc":"2.0","id":1,"method":"add"}']) {
      const socket = await silent(at)
      const got: Buffer[] = []
      socket.on('data', (chunk) => got.push(chunk))
      socket.write(text)
      await gone(socket)
      // At most the alert of TLS itself.
      expect(Buffer.concat(got).length).toBeLessThanOrEqual(7)
      expect(Buffer.concat(got).toString()).not.toContain('jsonrpc')
    }
    expect(begun).toBe(0)
    expect(at.refused()).toHaveLength(2)
  })

  test('TLS 1.2 is refused, and said so once', async () => {
    const at = await serve(answer)
    const socket = tls.connect({ host: '127.0.0.1', port: at.port, ...ada, maxVersion: 'TLSv1.2' })
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => socket.once('error', resolve))
    expect(error.code).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
    expect(at.refused()).toEqual(['UNAUTHENTICATED: ERR_SSL_UNSUPPORTED_PROTOCOL'])
    expect(JSON.parse(at.lines[0]!)).toMatchObject({ from: expect.stringMatching(/^127\.0\.0\.1:\d+$/) })
  })
})
