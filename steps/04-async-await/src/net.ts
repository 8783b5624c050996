import { once } from 'node:events'
import * as net from 'node:net'
import type { Handler } from './call.ts'
import { Peer } from './peer.ts'
import type { PeerOptions } from './peer.ts'

/** Where a server listens. */
export interface Address {
  host: string
  port: number
}

/** A server that listens, until it is closed. */
export interface Server extends Address {
  /** The connections there are. */
  readonly peers: ReadonlySet<Peer>
  /** Takes no new connections, answers what is in flight, and ends. */
  close(): Promise<void>
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

// A turn's frames are one write already: waiting for more to send along (Nagle) gains nothing.
const socketOptions = { noDelay: true, allowHalfOpen: true }

/** Connects to a server. Rejects with Node's SystemError, or with the signal's reason. */
export async function connect(
  { host, port }: Address,
  { signal, ...options }: PeerOptions & { signal?: AbortSignal } = {},
): Promise<Peer> {
  const socket = net.connect({ host, port, ...socketOptions })
  try {
    await once(socket, 'connect', signal ? { signal } : {})
  } catch (error) {
    socket.destroy()
    throw error
  }
  return new Peer(socket, { port: socket.localPort ?? 0, ...options })
}

/** Listens, and makes a peer of each connection. Rejects with Node's SystemError. */
export async function serve(
  handler: Handler,
  { host, port }: Address,
  options: PeerOptions = {},
): Promise<Server> {
  const peers = new Set<Peer>()
  const server = net.createServer(socketOptions, (socket) => {
    const peer = new Peer(socket, { port: socket.remotePort ?? 0, handler, ...options })
    peers.add(peer)
    void peer.closed.then(() => peers.delete(peer))
  })
  server.listen({ host, port, backlog: 1024 })
  await once(server, 'listening')

  const close = async () => {
    const ended = once(server, 'close')
    server.close()
    await Promise.all([...peers].map((peer) => peer.close()))
    await ended
  }
  const address = server.address() as net.AddressInfo
  return { host: address.address, port: address.port, peers, close, [Symbol.asyncDispose]: close }
}
