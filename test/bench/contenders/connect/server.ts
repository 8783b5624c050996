import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { Bench } from './service.ts'

const handler = connectNodeAdapter({
  routes: (router) =>
    router.service(Bench, {
      say: ({ text }) => ({ text: `You said: ${text}` }),
      sleep: ({ ms }) => new Promise((resolve) => setTimeout(resolve, ms, { ms })),
    }),
})
const server = createServer(handler)
server.listen(0, '127.0.0.1', () => {
  console.log(`listening on 127.0.0.1:${(server.address() as AddressInfo).port}`)
})
