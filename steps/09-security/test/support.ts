import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import * as net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tls from 'node:tls'
import type { Handler, Json, Peer, PeerOptions } from '@rpc-steps/async-await'
import { createFramer } from '@rpc-steps/wire'
import { generateKeyPair, exportPKCS8, exportSPKI } from 'jose'
import { onTestFinished } from 'vitest'
import { Authority } from '../src/certificates.ts'
import { audit, connectSecurely, guarded, listenSecurely, tokens } from '../src/index.ts'
import type { Credentials, Guard, Limits, Policy, Rule, SecureOptions, SecureServer } from '../src/index.ts'

// #region authorities
/** Whom the servers of these tests believe, and whom they do not. */
export const ours = (await Authority.create()).authority
export const stranger = (await Authority.create('somebody else')).authority
const ca = ours.certificate.toString('pem')
const hosts = ['localhost', '127.0.0.1', '::1']

/** What somebody shows whom one of the authorities has named. */
export async function client(name: string, { by = ours, days = 1 } = {}): Promise<Credentials> {
  const { certificate, key } = await by.forClient(name, days)
  return { ca, cert: certificate, key }
}

export async function server({ by = ours, days = 1, names = hosts } = {}): Promise<Credentials> {
  const { certificate, key } = await by.forServer(names, days)
  return { ca, cert: certificate, key }
}

export const serverPair = await server()
export const ada = await client('ada')
export const bob = await client('bob')
/** Shows nothing. */
export const nobody: Credentials = { ca }

const keys = await generateKeyPair('ES256', { extractable: true })
/** The key that signs tokens, and the one that all know, as PEM. */
export const tokenKey = await exportPKCS8(keys.privateKey)
export const tokenPublic = await exportSPKI(keys.publicKey)
// #endregion

// #region serve
/** What was written down, a line each. */
export interface Served extends SecureServer {
  readonly lines: string[]
  /** What was refused: `STATUS: why`. */
  refused(): string[]
  /** Asked for with each request, so it can be another one. */
  guard: Guard
}

export interface ServeOptions extends SecureOptions, Pick<Limits, 'requests' | 'size' | 'streams'> {
  /** Default: who is known may call everything. */
  policy?: Policy
  today?: () => number
}

export const allowed: Policy = [{ who: '*', methods: ['*'] }]
export const rule = (who: string, ...methods: string[]): Rule => ({ who, methods })

/** A server of TLS with a guard; it is closed when the test is over. */
export async function serve(handler: Handler, options: ServeOptions = {}, host = '127.0.0.1'): Promise<Served> {
  const { policy = allowed, today, requests = 1024, size = Infinity, streams = Infinity, credentials = serverPair, ...rest } = options
  const lines: string[] = []
  const written = audit((line) => lines.push(line))
  const all = { guard: { credentials, verify: await tokens(tokenPublic, today), policy } }
  const guard = guarded(handler, () => all.guard, { audit: written, requests, size, streams })
  const at = await listenSecurely(guard, { host, port: 0 }, {
    credentials, audit: written, grace: 500, log: (line) => lines.push(line), ...rest,
  })
  onTestFinished(() => at.close())
  const refused = () => lines.map((line) => JSON.parse(line) as Record<string, string>).map(({ refused, why }) => `${refused}: ${why}`)
  return Object.assign(all, at, { lines, refused })
}

export async function dial(at: { host: string; port: number }, credentials: Credentials, options: PeerOptions = {}): Promise<Peer> {
  const peer = await connectSecurely(at, { credentials, grace: 500, ...options })
  onTestFinished(() => peer.destroy())
  return peer
}
// #endregion

// #region raw
/** A message of the wire. */
export interface Message {
  id?: unknown
  method?: string
  params?: { id?: unknown; items?: Json[]; credit?: number }
  result?: Json
  error?: { code: number; message: string; data?: Json }
}

/** A client that is not ours: it says what the test has it say. */
export interface Raw {
  readonly socket: tls.TLSSocket
  readonly messages: readonly Message[]
  /** The same, as they came. */
  readonly texts: readonly string[]
  say(...messages: (object | object[])[]): void
  /** What came, a line each: `7: "hello"`, `7: -32003`, `credit/up 7: 256`. */
  heard(): string[]
}

export async function rawClient(at: { port: number }, credentials: Credentials, options: tls.ConnectionOptions = {}): Promise<Raw> {
  const how = { host: '127.0.0.1', port: at.port, ...credentials, allowHalfOpen: true, ...options } // Node knows it, its types do not
  const socket = tls.connect(how)
  onTestFinished(() => void socket.destroy())
  await once(socket, 'secureConnect')
  const framer = createFramer('content-length')
  const texts: string[] = []
  const messages: Message[] = []
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    framer.push(chunk)
    for (let text; (text = framer.next()) !== undefined; texts.push(text)) {
      const message = JSON.parse(text) as Message | Message[]
      messages.push(...[message].flat())
    }
  })
  const withVersion = (one: object | object[]): object =>
    Array.isArray(one) ? one.map(withVersion) : { jsonrpc: '2.0', ...one }
  return {
    socket, messages, texts,
    say: (...all) => void socket.write(all.map((one) => framer.frame(JSON.stringify(withVersion(one)))).join('')),
    heard: () => messages.map(lineOf),
  }
}

function lineOf({ id, method, params, result, error }: Message): string {
  if (method === undefined) return `${String(id)}: ${error ? error.code : JSON.stringify(result)}`
  const { id: of, items, credit } = params ?? {}
  return `${method.replace('$/', '')} ${String(of)}: ${items?.map((item) => JSON.stringify(item)).join(' ') ?? credit}`
}

export const request = (id: unknown, method: string, meta?: object, params?: unknown) => ({ id, method, params, meta })
// #endregion

/** Connects, and says nothing. */
export async function silent(at: { port: number }, options: Partial<net.TcpNetConnectOpts> = {}): Promise<net.Socket> {
  const socket = net.connect({ host: '127.0.0.1', port: at.port, ...options })
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {})
  socket.resume()
  await once(socket, 'connect')
  return socket
}

/** Resolves when the other end has ended it, one way or another. */
export const gone = (socket: net.Socket) => new Promise<void>((resolve) => {
  if (socket.closed || socket.readableEnded) resolve()
  else socket.once('end', () => resolve()).once('close', () => resolve())
})

/** What a call ended with: its answer, or the code of its error. */
export const outcome = (answer: Promise<Json>) => answer.catch((error: { code?: unknown; name: string }) => error.code ?? error.name)

/** A folder that goes with the test. */
export async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'security-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Lets every promise that can settle do so. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
