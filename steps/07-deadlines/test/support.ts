import * as net from 'node:net'
import { connect, listen } from '@rpc-steps/async-await'
import type { Handler, Json, Peer, PeerOptions, RequestContext, Server } from '@rpc-steps/async-await'
import { createFramer } from '@rpc-steps/wire'
import { onTestFinished } from 'vitest'
import { cancels } from '../src/index.ts'

/** A handler that never ends by itself, and who came to it. */
export function stage(): { handler: Handler; begun: { method: string; context: RequestContext; end(value: Json): void }[] } {
  const begun: { method: string; context: RequestContext; end(value: Json): void }[] = []
  const handler: Handler = ({ method }, context) =>
    new Promise<Json>((end) => begun.push({ method, context, end }))
  return { handler, begun }
}

/** Lets every promise that can settle do so. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A server on loopback; it is closed when the test is over. */
export async function served(handler: Handler, options: PeerOptions = {}): Promise<Server> {
  const server = await listen(handler, { host: '127.0.0.1', port: 0 }, { grace: 500, extensions: [cancels], ...options })
  onTestFinished(() => server.close())
  return server
}

export async function dial(server: { host: string; port: number }, options: PeerOptions = {}): Promise<Peer> {
  const peer = await connect(server, { grace: 500, extensions: [cancels], ...options })
  onTestFinished(() => peer.destroy())
  return peer
}

/** What came of a promise: its value, or the code of its error, or the name if it has none. */
export function outcome(promise: Promise<Json>): Promise<unknown> {
  return promise.catch((error: { code?: unknown; name: string }) => error.code ?? error.name)
}

/** A client that says what the test has it say, in the bytes of the wire. */
export async function raw(server: { host: string; port: number }) {
  const socket = net.connect(server.port, server.host).setEncoding('utf8')
  onTestFinished(() => void socket.destroy())
  let text = ''
  socket.on('data', (chunk: string) => (text += chunk))
  await new Promise((resolve) => socket.once('connect', resolve))
  const { frame } = createFramer('content-length')
  const say = (...messages: object[]) =>
    void socket.write(messages.map((message) => frame(JSON.stringify({ jsonrpc: '2.0', ...message }))).join(''))
  /** The answers so far, as `id: result` or `id: code`, in order. */
  const heard = () =>
    [...text.matchAll(/\{"jsonrpc".*?(?=Content-Length|$)/gs)].map(([message]) => {
      const { id, result, error } = JSON.parse(message) as { id: unknown; result?: unknown; error?: { code: number } }
      return `${id}: ${error ? error.code : JSON.stringify(result)}`
    })
  const request = (id: unknown, method = 'x', meta?: object) => ({ id, method, ...(meta && { meta }) })
  const cancel = (id: unknown) => ({ method: '$/cancelRequest', params: { id } })
  return { socket, say, heard, request, cancel }
}
