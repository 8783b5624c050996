import { mkdtemp, rm } from 'node:fs/promises'
import { connect as connectTcp, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@rpc-steps/async-await'
import type { Address, Peer } from '@rpc-steps/async-await'
import { announce, main, numberOption, readOptions, stopSignal } from '@rpc-steps/cli'
import { startServer } from '@rpc-steps/cli/processes'
import { fillFolder } from './src/certificates.ts'
import { connectSecurely, readCredentials } from './src/index.ts'

const usage = `wiretap.ts [options]

What somebody on the way sees of a call. Makes one call to a server of step 08 and the same call to one of
this step, and stands between. With --to it stands before a server of yours, until it is ended.`

const host = '127.0.0.1'
const secret = 'Hello'

/** RFC 8446, sections 5.1 and 4. */
const types: Readonly<Record<number, string>> = { 20: 'for old devices', 21: 'alert', 22: 'handshake', 23: 'encrypted' }
const hellos: Readonly<Record<number, string>> = { 1: 'ClientHello', 2: 'ServerHello' }

await main(async () => {
  const { port, to } = readOptions(usage, {
    port: numberOption('PORT', 'with --to: where to listen', 8081, 0, 65_535),
    to: numberOption('PORT', 'the server to stand before', undefined, 1, 65_535),
  })
  if (to !== undefined) {
    const tap = await listenBetween(port, to)
    announce({ host, port: tap.port })
    await stopSignal()
    tap.close()
    return
  }
  const [eight, nine] = [new URL('../08-streaming/server.ts', import.meta.url), new URL('server.ts', import.meta.url)]
  console.log(`\nstep 08: somebody says "${secret}"\n`)
  const plain = await overhear(eight, [], (address) => connect(address))

  const folder = await mkdtemp(join(tmpdir(), 'rpc-steps-'))
  try {
    await fillFolder(folder)
    const credentials = await readCredentials(folder, 'ada')
    console.log('\nstep 09: the same call, by TLS 1.3; the first bytes of each record\n')
    const secure = await overhear(nine, ['--certificates', folder], (address) => {
      return connectSecurely(address, { credentials, servername: 'localhost' })
    })
    const count = ({ seen }: Overheard) => seen.toString('latin1').split(secret).length - 1
    console.log(`\n"${secret}" was there to read ${count(plain)} times in step 08, and ${count(secure)} times in step 09.`)
    const size = secure.sizes.at(-1)!
    console.log(`
What is still to be seen: who speaks to whom, and when. The name of the server.
How much is said: the last record has ${size} bytes, which is 17 more than what is
in it. So this answer has ${size - 17} bytes with its header. In step 08 it had ${plain.sizes.at(-1)}.`)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
})

/** What a tap has heard of a connection, both ways. */
interface Overheard {
  seen: Buffer
  /** Bytes of each message or record that has an answer in it or might have one, from the server. */
  sizes: number[]
}

/** Makes a call to a server of ours, and listens. */
async function overhear(file: URL, args: string[], dial: (to: Address) => Promise<Peer>): Promise<Overheard> {
  const server = await startServer(file, args)
  const tap = await listenBetween(0, server.port)
  try {
    const peer = await dial({ host, port: tap.port })
    await peer.call('say', { text: secret })
    // What ends a connection says nothing more.
    const heard = { seen: Buffer.concat(tap.chunks), sizes: [...tap.sizes] }
    tap.mute()
    await peer.close()
    return heard
  } finally {
    tap.close()
    await server.stop()
  }
}

/** Hands on what comes on a port to another one and back, and prints it. */
async function listenBetween(port: number, to: number) {
  const chunks: Buffer[] = []
  const sizes: number[] = []
  let print = console.log
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const other = connectTcp({ port: to, host, noDelay: true, allowHalfOpen: true })
    const start = performance.now()
    for (const [from, into, arrow] of [[client, other, '-->'], [other, client, '<--']] as const) {
      const understand = reader()
      from.on('data', (bytes) => {
        chunks.push(bytes)
        const time = `${(performance.now() - start).toFixed(0)} ms`.padStart(7)
        for (const { size, lines } of understand(bytes)) {
          if (arrow === '<--') sizes.push(size)
          print(`${time}  ${arrow} ${lines.join(`\n${' '.repeat(13)}`)}`)
        }
      })
      from.on('error', () => into.destroy()).on('close', () => into.destroy())
      from.pipe(into)
    }
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ port, host }, resolve))
  return { port: (server.address() as AddressInfo).port, chunks, sizes, mute: () => void (print = () => {}), close: () => server.close() }
}

/** Something to print, and its size. */
interface Piece {
  size: number
  lines: string[]
}

/** Makes of one way's bytes what can be made of them without a key. */
function reader(): (bytes: Buffer) => Piece[] {
  let kept = Buffer.alloc(0)
  let isTls: boolean | undefined
  return (bytes) => {
    // TLS begins with a record of type 22, which no text does.
    isTls ??= bytes[0] === 22
    if (!isTls) {
      const lines = bytes.toString('utf8').split(/[\r\n]+/).map((line) => line.replace(/\p{C}/gu, '.'))
      return [{ size: bytes.length, lines: lines.flatMap((line) => line.match(/.{1,67}/g) ?? []) }]
    }
    kept = Buffer.concat([kept, bytes])
    const pieces: Piece[] = []
    while (kept.length >= 5 && kept.length >= 5 + kept.readUInt16BE(3)) {
      const size = kept.readUInt16BE(3)
      pieces.push(record(kept[0]!, kept.subarray(5, 5 + size)))
      kept = kept.subarray(5 + size)
    }
    return pieces
  }
}

/** A record of TLS. */
function record(type: number, body: Buffer): Piece {
  const name = type === 22 ? (hellos[body[0]!] ?? 'handshake') : (types[type] ?? `type ${type}`)
  const start = body.subarray(0, 12).toString('hex').replace(/..(?!$)/g, '$& ')
  const more = body.length > 12 ? ' ...' : ''
  const server = type === 22 && body[0] === 1 ? serverName(body) : undefined
  const lines = [`${name.padEnd(16)}${String(body.length).padStart(4)} bytes  ${start}${more}`]
  if (server !== undefined) lines.push(`to ${server}`)
  return { size: body.length, lines }
}

/** The name in a ClientHello, if there is one: RFC 8446, section 4.1.2, and RFC 6066, section 3. */
function serverName(hello: Buffer): string | undefined {
  try {
    return nameIn(hello)
  } catch {
    return undefined // it is not what it seems; whoever it is meant for will say so
  }
}

function nameIn(hello: Buffer): string | undefined {
  let at = 4 + 2 + 32 // its own header, the version, the random bytes
  at += 1 + hello[at]! // the session
  at += 2 + hello.readUInt16BE(at) // the ciphers
  at += 1 + hello[at]! // the compression
  at += 2 // the length of all extensions
  while (at + 4 <= hello.length) {
    const [type, length] = [hello.readUInt16BE(at), hello.readUInt16BE(at + 2)]
    if (type === 0) return hello.toString('latin1', at + 9, at + 4 + length)
    at += 4 + length
  }
  return undefined
}
