import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { reader, write } from './messages.ts'

const methods: Record<string, (params: { text?: string; ms?: number }) => unknown> = {
  say: ({ text }) => `You said: ${text}`,
  sleep: ({ ms }) => new Promise((resolve) => setTimeout(resolve, ms, ms)),
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy())
  socket.on('data', reader(({ id, method, params }) => {
    const result = methods[method]?.(params)
    if (result instanceof Promise) {
      void result.then((result) => write(socket, { jsonrpc: '2.0', id, result }))
    } else {
      write(socket, { jsonrpc: '2.0', id, result })
    }
  }))
})
server.listen(0, '127.0.0.1', () => {
  console.log(`listening on 127.0.0.1:${(server.address() as AddressInfo).port}`)
})
