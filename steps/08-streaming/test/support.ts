import * as net from 'node:net'
import { connect, listen } from '@rpc-steps/async-await'
import type { Handler, Json, Peer, PeerOptions, Server } from '@rpc-steps/async-await'
import { deadlined, inTime } from '@rpc-steps/deadlines'
import { createFramer } from '@rpc-steps/wire'
import { onTestFinished } from 'vitest'
import { streamed, streams } from '../src/index.ts'
import type { StreamHandler } from '../src/index.ts'

/** A server whose answers may be streams; it is closed when the test is over. */
export function served(handler: StreamHandler, options: PeerOptions = {}, around = (handler: Handler) => handler): Promise<Server> {
  return listening(deadlined(around(inTime(streamed(handler)))), options)
}

async function listening(handler: Handler, options: PeerOptions): Promise<Server> {
  const server = await listen(handler, { host: '127.0.0.1', port: 0 }, { grace: 500, extensions: [streams], ...options })
  onTestFinished(() => server.close())
  return server
}

export async function dial(server: { host: string; port: number }, options: PeerOptions = {}): Promise<Peer> {
  const peer = await connect(server, { grace: 500, extensions: [streams], ...options })
  onTestFinished(() => peer.destroy())
  return peer
}

/** A message of the wire. */
export interface Message {
  id?: unknown
  method?: string
  params?: { id?: unknown; items?: Json[]; credit?: number; end?: true; error?: { code: number } }
  result?: Json
  error?: { code: number; message: string; data?: Json }
}

/** One end of a connection that says what the test has it say, in the bytes of the wire. */
export interface Raw {
  readonly socket: net.Socket
  readonly messages: readonly Message[]
  say(...messages: object[]): void
  /** What came, a line each: `stream/down 7: 1 2 3`, `credit/up 7: 256`, `7: null`, `7: -32600`. */
  heard(): string[]
}

function rawOf(socket: net.Socket): Raw {
  onTestFinished(() => void socket.destroy())
  const framer = createFramer('content-length')
  const messages: Message[] = []
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    framer.push(chunk)
    for (let text; (text = framer.next()) !== undefined; ) messages.push(JSON.parse(text) as Message)
  })
  return {
    socket,
    messages,
    say: (...all) => void socket.write(all.map((one) => framer.frame(JSON.stringify({ jsonrpc: '2.0', ...one }))).join('')),
    heard: () => messages.map(lineOf),
  }
}

function lineOf({ id, method, params, result, error }: Message): string {
  if (method === undefined) return `${String(id)}: ${error ? error.code : JSON.stringify(result)}`
  const { id: of, items, credit, end, error: last } = params ?? {}
  const what = items?.map((item) => JSON.stringify(item)).join(' ') ?? credit ?? (end ? 'end' : last?.code)
  return `${method.replace('$/', '')} ${String(id ?? of)}${what === undefined ? '' : `: ${what}`}`
}

/** A client that is not ours. */
export async function rawClient(server: { host: string; port: number }): Promise<Raw> {
  const socket = net.connect({ host: server.host, port: server.port, allowHalfOpen: true })
  await new Promise((resolve) => socket.once('connect', resolve))
  return rawOf(socket)
}

/** A server that is not ours, and a client of ours that has connected to it. */
export async function rawServer(options: PeerOptions = {}): Promise<{ there: Raw; peer: Peer }> {
  const server = net.createServer({ allowHalfOpen: true })
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const accepted = new Promise<net.Socket>((resolve) => server.once('connection', resolve))
  const peer = await dial({ host: '127.0.0.1', port: (server.address() as net.AddressInfo).port }, options)
  return { there: rawOf(await accepted), peer }
}

export const request = (id: unknown, method: string, params?: object, meta?: object) => ({ id, method, params, meta })
export const credit = (id: unknown, credit: unknown, way = 'down') => ({ method: `$/credit/${way}`, params: { id, credit } })
export const items = (id: unknown, items: unknown, way = 'up') => ({ method: `$/stream/${way}`, params: { id, items } })
export const cancel = (id: unknown) => ({ method: '$/cancelRequest', params: { id } })

/** Exchanges that are open on this end. */
export const open = (peers: Iterable<Peer>) =>
  [...peers].map((peer) => streams(peer).calls.size + streams(peer).requests.size)

/** Lets every promise that can settle do so. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** All of a stream, and what it ended with. */
export async function all(stream: AsyncIterable<Json>): Promise<unknown[]> {
  const got: unknown[] = []
  try {
    for await (const item of stream) got.push(item)
  } catch (error) {
    const { code, name } = error as { code?: unknown; name: string }
    got.push(code ?? name)
  }
  return got
}
