import { once } from 'node:events'
import { newWebSocketRpcSession, RpcTarget } from 'capnweb'
import { WebSocket as Socket, WebSocketServer } from 'ws'
import type { AddressInfo } from 'ws'

// capnweb is for browsers, too: it wants the WebSocket that Node has since 22.
globalThis.WebSocket ??= Socket as unknown as typeof WebSocket

/** What a client may call. */
export class Service extends RpcTarget {
  say({ text }: { text: string }): string {
    return `You said: ${text}`
  }

  sleep({ ms }: { ms: number }): Promise<number> {
    return new Promise((resolve) => setTimeout(resolve, ms, ms))
  }
}

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
server.on('connection', (ws) => newWebSocketRpcSession(ws as unknown as WebSocket, new Service()))
await once(server, 'listening')
console.log(`listening on 127.0.0.1:${(server.address() as AddressInfo).port}`)
