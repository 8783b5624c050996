import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { Peer, systemClock } from '@rpc-steps/async-await'
import type { Address, Clock, PeerOptions } from '@rpc-steps/async-await'
import { introduce } from '@rpc-steps/security'
import type { Door, Guest, Inside } from '@rpc-steps/security'
import { defaultLimits } from '@rpc-steps/wire'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { MessageStream } from './message-stream.ts'
import { mayCall, webServer } from './web-server.ts'
import type { WebOptions } from './web-server.ts'

/** How it is served. */
export interface WebSocketOptions extends WebOptions, Pick<PeerOptions, 'batch' | 'depth' | 'body' | 'log' | 'clock'> {
  /** Milliseconds after which a connection that says nothing is asked whether it is there. Default 30,000. */
  heartbeat?: number
}

/** Milliseconds for the other end to say that it closes, too; the types do not know it yet. */
const closing = { closeTimeout: 1000 }

// #region websocket-door
/** The service over WebSocket, RFC 6455: a message is what elsewhere is a frame. Rejects with Node's SystemError. */
export function webSocketDoor(address: Address, options: WebSocketOptions = {}): (inside: Inside) => Promise<Door & Address> {
  const { origins = [], heartbeat = 30_000, clock = systemClock, body = defaultLimits.body } = options
  return async (inside) => {
    const peers = new Set<Peer>()
    let closed = false
    // No compression: it would keep memory for each connection, turn few bytes that come into many, and tell by a
    // length what stands beside a secret.
    const sockets = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: body, ...closing })
    const web = await webServer(inside, address, ({ response }) => {
      response.writeHead(426, { connection: 'close, Upgrade', upgrade: 'websocket' }).end()
    }, options)

    const accept = (socket: WebSocket, guest: Guest, label: number) => {
      keepAsking(socket, heartbeat, clock)
      const extensions = [(peer: Peer) => introduce(peer, guest), ...inside.extensions]
      const peer = new Peer(new MessageStream(socket), { ...options, handler: inside.handler, label, extensions })
      peers.add(peer)
      void peer.closed.then(() => peers.delete(peer))
    }
    web.http.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      stream.on('error', () => {}) // whoever goes first
      const line = web.release(stream)
      if (!line) return void stream.destroy() // gone meanwhile
      if (closed) return refuse(stream, '503 Service Unavailable')
      if (request.url!.split('?', 1)[0] !== '/') return refuse(stream, '404 Not Found')
      if (!mayCall(request, origins)) return refuse(stream, '403 Forbidden')
      sockets.handleUpgrade(request, stream, head, (socket) => accept(socket, line.guest, request.socket.remotePort ?? 0))
    })
    const close = async () => {
      closed = true
      const ended = web.close()
      await Promise.all([...peers].map((peer) => peer.close()))
      await ended
    }
    return { ...web, close }
  }
}
// #endregion

function refuse(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => stream.destroy())
}

/** Ends a connection whose other end is gone without a word. While we do not read, it is not its turn to answer. */
function keepAsking(socket: WebSocket, ms: number, clock: Clock): void {
  let isAlive = true
  const heard = () => void (isAlive = true)
  socket.on('pong', heard).on('message', heard)
  const ask = () => {
    if (!isAlive && !socket.isPaused) return socket.terminate()
    isAlive = socket.isPaused
    if (socket.readyState === socket.OPEN) socket.ping()
    cancel = clock.after(ms, ask)
  }
  let cancel = clock.after(ms, ask)
  socket.on('close', () => cancel())
}
