import { once } from 'node:events'
import jayson from 'jayson'
import type { JSONRPCCallbackTypePlain as Reply } from 'jayson'
import type { AddressInfo, WebSocketServer } from 'ws'

const server = new jayson.Server({
  say: ({ text }: { text: string }, reply: Reply) => reply(null, `You said: ${text}`),
  sleep: ({ ms }: { ms: number }, reply: Reply) => setTimeout(reply, ms, null, ms),
})
const wss = server.websocket({ host: '127.0.0.1', port: 0 }) as unknown as WebSocketServer
await once(wss, 'listening')
console.log(`listening on 127.0.0.1:${(wss.address() as AddressInfo).port}`)
