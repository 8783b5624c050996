import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import * as net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Address, Handler, Json } from '@rpc-steps/async-await'
import { serve } from '@rpc-steps/security'
import type { SecureServer, ServeOptions } from '@rpc-steps/security'
import { streamed } from '@rpc-steps/streaming'
import type { StreamHandler } from '@rpc-steps/streaming'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { contract, grpcDoor, httpDoor, webSocketDoor } from '../src/index.ts'
import type { Contract, HttpOptions, WebSocketOptions } from '../src/index.ts'

export const loopback = { host: '127.0.0.1', port: 0 }

/** What a server is started with, unless a test says otherwise. */
const usual: ServeOptions = {
  ...loopback, framing: 'auto', trace: undefined, threads: 0, workers: 64, capacity: 10_000, order: 'fifo',
  certificates: undefined, policy: undefined, watch: false, batch: 100, streams: 1000,
  'connections': 10_000, 'per-address': 4000, 'strangers': 64, 'handshake': 5000, 'in-flight': 1024, 'in-flight-size': 8_388_608,
}

const whole = { says: 'Of the test.', params: z.unknown(), result: z.unknown() }

/** Where a language must know methods before they are called: with those of tests, of which nothing is known. */
export const open: Contract = {
  ...contract, give: whole, wait: whole, note: whole, hold: whole,
  feed: { says: 'Of the test.', params: z.unknown(), down: z.unknown() },
  total: { ...contract.total, up: z.unknown(), result: z.unknown() },
}

/** Where each language is spoken. */
export interface Served {
  readonly server: SecureServer
  readonly tcp: Address
  readonly http: Address
  readonly websocket: Address
  readonly grpc: Address
}

export interface Options extends Partial<ServeOptions> {
  /** Methods that the test answers itself, inside of all that is in front of a handler. */
  own?: Readonly<Record<string, StreamHandler>>
  around?: (handler: Handler) => Handler
  http?: HttpOptions
  websocket?: WebSocketOptions
}

/** The service with all its doors open; it is closed when the test is over. */
export async function served(options?: Options): Promise<Served> {
  const at = await opened(options)
  onTestFinished(() => at.server.close())
  return at
}

/** The same for several tests: who opens it closes it. */
export async function opened({ own = {}, around = (handler) => handler, http: httpOptions, websocket: socketOptions, ...options }: Options = {}): Promise<Served> {
  const table = new Map(Object.entries(own).map(([name, handler]) => [name, streamed(handler)]))
  let [http, websocket, grpc]: (Address | undefined)[] = []
  const server = await serve({ ...usual, ...options }, {
    around: (handler) => around((request, context) => (table.get(request.method) ?? handler)(request, context)),
    doors: [
      async (inside) => (http = await httpDoor(loopback, { grace: 500, ...httpOptions })(inside)),
      async (inside) => (websocket = await webSocketDoor(loopback, { grace: 500, ...socketOptions })(inside)),
      async (inside) => (grpc = await grpcDoor(loopback, { grace: 500, contract: open })(inside)),
    ],
  })
  return { server, tcp: server, http: http!, websocket: websocket!, grpc: grpc! }
}

/** A client that says bytes, and keeps what comes. */
export interface Raw {
  readonly socket: net.Socket
  /** What has come. */
  text(): string
  /** The other end has ended it, one way or another. */
  readonly gone: Promise<void>
}

export async function raw(at: Address, bytes: string | Buffer = ''): Promise<Raw> {
  const socket = net.connect({ ...at, allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  let text = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk))
  socket.on('error', () => {})
  const gone = new Promise<void>((resolve) => socket.once('end', resolve).once('close', resolve))
  await once(socket, 'connect')
  socket.write(bytes)
  return { socket, text: () => text, gone }
}

/** A folder that goes with the test. */
export async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'standards-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

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

/** A promise that the test settles. */
export function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((settle) => (resolve = settle))
  return { promise, resolve }
}
