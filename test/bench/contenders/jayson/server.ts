import { once } from 'node:events'
import { Server } from 'jayson'
import type { JSONRPCCallbackTypePlain as Reply } from 'jayson'
import type { AddressInfo } from 'ws'

const server = new Server({
  say: ({ text }: { text: string }, reply: Reply) => reply(null, `You said: ${text}`),
  sleep: ({ ms }: { ms: number }, reply: Reply) => setTimeout(reply, ms, null, ms),
})
const wss = server.websocket({ host: '127.0.0.1', port: 0 })
await once(wss, 'listening')
console.log(`listening on 127.0.0.1:${(wss.address() as AddressInfo).port}`)
