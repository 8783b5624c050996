import { getEventListeners, once } from 'node:events'
import * as net from 'node:net'
import { answer, codes, connect, DisconnectedError, listen, RpcError } from '@rpc-steps/async-await'
import type { Call, CallOptions, Handler, Json, Params, Peer, PeerOptions, Server } from '@rpc-steps/async-await'
import { deadlined } from '@rpc-steps/deadlines'
import { createFramer } from '@rpc-steps/wire'
import type { Framing } from '@rpc-steps/wire'
import { onTestFinished } from 'vitest'
import { drains } from '../src/index.ts'
import type { TryOptions } from '../src/index.ts'

export const unsent = () => new DisconnectedError(undefined, { sent: false })
export const lost = () => new DisconnectedError(undefined, { sent: true })
export const unavailable = () => new RpcError(codes.unavailable, 'Draining', { status: 'UNAVAILABLE' }, 'peer')
export const full = (retryAfterMs?: number) =>
  new RpcError(codes.resourceExhausted, 'Full', { status: 'RESOURCE_EXHAUSTED', ...(retryAfterMs !== undefined && { retryAfterMs }) }, 'peer')
export const late = () => new RpcError(codes.deadlineExceeded, 'Late', { status: 'DEADLINE_EXCEEDED' }, 'peer')
export const internal = () => new RpcError(codes.internalError, 'Internal error', undefined, 'peer')
export const wrong = () => new RpcError(codes.invalidParams, 'Invalid params', undefined, 'peer')

/** Lets every promise that can settle do so. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A try that the test settles. */
export interface Tried {
  readonly method: string
  readonly params: Params | undefined
  readonly options: TryOptions
  answer(value: Json): void
  fail(error: Error): void
  readonly open: boolean
}

/** A call whose tries the test settles; given up, they end with the signal's reason. */
export function manual(): { call: Call; tries: Tried[] } {
  const tries: Tried[] = []
  const call: Call = (method, params, options: CallOptions = {}) =>
    new Promise<Json>((resolve, reject) => {
      options.signal?.throwIfAborted()
      let open = true
      const end = () => {
        open = false
        options.signal?.removeEventListener('abort', abort)
      }
      const abort = () => (end(), reject(options.signal!.reason))
      options.signal?.addEventListener('abort', abort)
      tries.push({
        method,
        params,
        options,
        answer: (value) => (end(), resolve(value)),
        fail: (error) => (end(), reject(error)),
        get open() {
          return open
        },
      })
    })
  return { call, tries }
}

/** A call that ends as the list says, in order; at last as its last. */
export function scripted(...ends: (Json | Error)[]): { call: Call; tries: TryOptions[] } {
  const tries: TryOptions[] = []
  const call: Call = async (_method, _params, options = {}) => {
    const end = ends[Math.min(tries.length, ends.length - 1)]
    tries.push(options)
    if (end instanceof Error) throw end
    return end!
  }
  return { call, tries }
}

/** What came of a promise: its value, or the code of its error, or the name or message if it has none. */
export function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: { code?: unknown; message: string }) => error.code ?? error.message)
}

export const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length

/** A server on loopback; it is closed when the test is over. */
export async function served(handler: Handler = answer, options: PeerOptions = {}, port = 0): Promise<Server> {
  const server = await listen(deadlined(handler), { host: '127.0.0.1', port }, { grace: 500, ...options })
  onTestFinished(() => server.close())
  return server
}

/** Ends all connections of a server at once, as a kill does, and lets nobody in. */
export async function kill(server: Server): Promise<void> {
  for (const peer of server.peers) peer.destroy()
  await server.close()
}

export const dialer = ({ port }: { port: number }, options: PeerOptions = {}) => (signal: AbortSignal): Promise<Peer> =>
  connect({ host: '127.0.0.1', port }, { grace: 500, signal, extensions: [drains], ...options })

/** A server of plain sockets: what comes in is the test's business. */
export async function accepting(onSocket: (socket: net.Socket) => void): Promise<{ port: number; server: net.Server; sockets: net.Socket[] }> {
  const sockets: net.Socket[] = []
  const server = net.createServer((socket) => {
    sockets.push(socket.on('error', () => {}))
    onSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as net.AddressInfo).port, server, sockets }
}

/** A client that is not ours, and that knows one framing. */
export interface Raw {
  say(message: object): void
  /** The messages that came. Throws if something else did. */
  heard(): unknown[]
  /** All that came. */
  bytes(): string
  /** Resolves when the server sends no more. */
  readonly ended: Promise<unknown>
}

export async function raw({ port }: { port: number }, framing: Framing): Promise<Raw> {
  const socket = net.connect({ host: '127.0.0.1', port })
  onTestFinished(() => void socket.destroy())
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  const ended = once(socket, 'end')
  await once(socket, 'connect')
  const writer = createFramer(framing)
  return {
    ended,
    say: (message) => void socket.write(writer.frame(JSON.stringify(message))),
    heard() {
      const reader = createFramer(framing)
      const messages: unknown[] = []
      reader.push(Buffer.concat(chunks))
      for (let text; (text = reader.next()) !== undefined; ) messages.push(JSON.parse(text))
      return messages
    },
    bytes: () => Buffer.concat(chunks).toString(),
  }
}
