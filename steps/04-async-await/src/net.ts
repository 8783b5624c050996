import { once } from 'node:events'
import * as net from 'node:net'
import type { Duplex } from 'node:stream'
import { openSocket } from '@rpc-steps/callbacks'
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

// #region connect
/** Connects to a server. Rejects with Node's SystemError, or with the signal's reason. */
export async function connect(
  address: Address,
  { signal, ...options }: PeerOptions & { signal?: AbortSignal } = {},
): Promise<Peer> {
  signal?.throwIfAborted()
  const socket = openSocket(address)
  try {
    await once(socket, 'connect', signal ? { signal } : {})
  } catch (error) {
    socket.destroy()
    throw signal?.aborted ? signal.reason : error
  }
  return new Peer(socket, { label: socket.localPort ?? 0, ...options })
}
// #endregion

// #region listen
/** Listens, and makes a peer of each connection. Rejects with Node's SystemError. */
export function listen(handler: Handler, address: Address, options: PeerOptions = {}): Promise<Server> {
  const { accept, peers } = accepting((stream) => {
    return { handler, label: (stream as net.Socket).remotePort ?? 0, framing: 'auto', ...options }
  })
  return serving(net.createServer({ noDelay: true, allowHalfOpen: true }, accept), peers, address, options)
}

/** What makes peers, and those that are open. */
export interface Accepting {
  /** To be called with each stream that a server accepts. */
  accept: (stream: Duplex) => void
  peers: ReadonlySet<Peer>
}

/**
 * Makes peers of accepted streams, for a server of `net` or of `tls` alike. `admit` says how a peer
 * behaves, or with undefined that it may not come in.
 */
export function accepting(admit: (stream: Duplex) => PeerOptions | undefined): Accepting {
  const peers = new Set<Peer>()
  const accept = (stream: Duplex) => {
    const options = admit(stream)
    if (!options) return void stream.destroy()
    const peer = new Peer(stream, options)
    peers.add(peer)
    void peer.closed.then(() => peers.delete(peer))
  }
  return { accept, peers }
}

/** Has a server of `net` or `tls` listen, and ends it together with its peers. */
export async function serving(
  server: net.Server,
  peers: ReadonlySet<Peer>,
  { host, port }: Address,
  { log = console.error }: Pick<PeerOptions, 'log'> = {},
): Promise<Server> {
  // A burst of connections waits in the kernel until we accept them (listen(2)).
  server.listen({ host, port, backlog: 1024 })
  await once(server, 'listening')
  // From here on an error concerns one connection that could not be accepted.
  server.on('error', (error) => log(`accept: ${error.message}`))
  const end = async () => {
    const ended = once(server, 'close')
    server.close()
    await Promise.all([...peers].map((peer) => peer.close()))
    await ended
  }
  let ended: Promise<void> | undefined
  const close = () => (ended ??= end())
  const address = server.address() as net.AddressInfo
  return { host: address.address, port: address.port, peers, close, [Symbol.asyncDispose]: close }
}
// #endregion
