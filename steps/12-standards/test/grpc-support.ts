import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import * as http2 from 'node:http2'
import * as net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials, Metadata } from '@grpc/grpc-js'
import type { CallOptions, ServiceError, StatusObject } from '@grpc/grpc-js'
import { serveAdaptively } from '@rpc-steps/adaptive'
import type { AdaptiveOptions } from '@rpc-steps/adaptive'
import type { Address, Handler, Json } from '@rpc-steps/async-await'
import { Admission, gate } from '@rpc-steps/security'
import type { AdmissionLimits, Door, SecureServer } from '@rpc-steps/security'
import { onTestFinished } from 'vitest'
import { contract as ours, grpcDoor, overGrpc } from '../src/index.ts'
import type { Contract, GrpcDoorOptions, GrpcRemote, OverGrpcOptions } from '../src/index.ts'
import { methodsOf } from '../src/messages.ts'
import type { Method } from '../src/messages.ts'

const anywhere: Address = { host: '127.0.0.1', port: 0 }

/** What the command line of a server would say if nobody said anything. */
export const usual: AdaptiveOptions = {
  ...anywhere, framing: 'auto', trace: undefined, threads: 0, workers: 16, capacity: 1000, order: 'fifo', learn: 'no', start: 1000,
  'too-slow': 1000, certificates: undefined, policy: undefined, watch: false, connections: 1000, 'per-address': 1000, strangers: 64,
  handshake: 5000, 'in-flight': 1024, 'in-flight-size': 64 * 1024 * 1024, batch: 100, streams: 1000,
}

/** A whole server, with gRPC as another way in; it is closed when the test is over. */
export async function serve(options: Partial<AdaptiveOptions> = {}, door: GrpcDoorOptions = {}, tell: (door: Door) => void = () => {}): Promise<{ grpc: Address; server: SecureServer; close(): Promise<void> }> {
  let grpc: Address | undefined
  const open = grpcDoor(anywhere, door)
  const server = await serveAdaptively({ ...usual, ...options }, {
    doors: [async (inside) => {
      const opened = await open(inside)
      grpc = opened
      tell(opened)
      return opened
    }],
  })
  let closed: Promise<void> | undefined
  const close = () => (closed ??= server.close())
  onTestFinished(close)
  return { grpc: grpc!, server, close }
}

/** A handler of the test's own behind gRPC, with nothing in front of it. */
export async function open(handler: Handler, options: GrpcDoorOptions & { limits?: Partial<AdmissionLimits> } = {}): Promise<Door & Address & { admission: Admission }> {
  const { limits, ...rest } = options
  const admission = new Admission(limits)
  const door = await grpcDoor(anywhere, { log: () => {}, ...rest })({
    handler,
    gate: (accept, more) => gate(accept, { admission, open: () => true, ...more }),
  })
  let closed: Promise<void> | undefined
  const close = () => (closed ??= door.close())
  onTestFinished(close)
  return { ...door, close, admission }
}

/** A client of ours; it is closed when the test is over. */
export function remote(at: Address, options: OverGrpcOptions = {}): GrpcRemote {
  const remote = overGrpc(at, { grace: 100, ...options })
  onTestFinished(() => remote.close())
  return remote
}

/** What a call has ended with. */
export interface Outcome {
  value?: Json
  status: StatusObject
}

/** grpc-js as a stranger has it, for one contract. */
export function stranger(at: Address, contract: Contract = ours, shown = credentials.createInsecure()) {
  // In TLS an address is no server name.
  const options = { 'grpc.use_local_subchannel_pool': 1, ...(shown._isSecure() && { 'grpc.ssl_target_name_override': 'localhost' }) }
  const client = new Client(`${at.host}:${at.port}`, shown, options)
  onTestFinished(() => client.close())
  const methods = new Map(methodsOf(contract).map((method) => [method.method, method]))
  const of = (name: string): Method => methods.get(name)!
  const asIs = (bytes: Buffer) => bytes
  return {
    client,
    of,
    /** One message for one message. `bytes` are sent as they are. */
    unary(name: string, bytes: Buffer | Json, { metadata = new Metadata(), path, ...options }: CallOptions & { metadata?: Metadata; path?: string } = {}): Promise<Outcome> {
      const method = of(name)
      return new Promise((resolve) => {
        let value: Json | undefined
        const request = Buffer.isBuffer(bytes) ? bytes : method.requests.write(bytes)
        client.makeUnaryRequest(path ?? method.path, asIs, asIs, request, metadata, options, (_, bytes) => {
          if (bytes) value = method.responses.read(bytes)
        }).on('status', (status) => resolve({ status, ...(value !== undefined && { value }) }))
      })
    },
    down(name: string, params: Json, options: CallOptions = {}, metadata = new Metadata()) {
      const method = of(name)
      return client.makeServerStreamRequest(method.path, asIs, asIs, method.requests.write(params), metadata, options)
    },
    bidi(name: string, options: CallOptions = {}, metadata = new Metadata()) {
      return client.makeBidiStreamRequest(of(name).path, asIs, asIs, metadata, options)
    },
    up(name: string, done: (error: ServiceError | null, bytes?: Buffer) => void) {
      return client.makeClientStreamRequest(of(name).path, asIs, asIs, new Metadata(), {}, done)
    },
  }
}

/** A connection that says what the test has it say; and what has come on it. */
export async function raw(at: Address): Promise<{ socket: net.Socket; heard: () => string; ended: Promise<void> }> {
  const socket = net.connect(at.port, at.host)
  onTestFinished(() => void socket.destroy())
  let heard = ''
  socket.on('data', (bytes) => (heard += bytes.toString('latin1')))
  socket.on('error', () => {})
  const ended = once(socket, 'close').then(() => {})
  await once(socket, 'connect')
  return { socket, heard: () => heard, ended }
}

/** What a promise is rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then((value) => {
    throw new Error(`expected an error, not ${JSON.stringify(value)}`)
  }, (error: unknown) => error)
}

/** Every item. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const read: T[] = []
  for await (const item of items) read.push(item)
  return read
}

/** HTTP/2 without any gRPC: a call with one message, usually an empty one, and nobody reads what comes. */
export function plain(at: Address): { client: http2.ClientHttp2Session; socket: net.Socket; request(name: string, headers?: http2.OutgoingHttpHeaders, message?: Buffer): http2.ClientHttp2Stream } {
  const socket = net.connect(at.port, at.host)
  const client = http2.connect(`http://${at.host}:${at.port}`, { createConnection: () => socket })
  client.on('error', () => {})
  onTestFinished(() => client.destroy())
  const usual = { ':method': 'POST', 'content-type': 'application/grpc', 'te': 'trailers' }
  return {
    client, socket,
    request(name, headers, message = Buffer.alloc(0)) {
      const call = client.request({ ...usual, ':path': `/rpcsteps.v1.Service/${name}`, ...headers })
      call.on('error', () => {})
      const head = Buffer.alloc(5)
      head.writeUInt32BE(message.length, 1)
      call.end(Buffer.concat([head, message]))
      return call
    },
  }
}

/** A folder that is gone when the test is over. */
export async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'rpc-steps-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  return made
}
