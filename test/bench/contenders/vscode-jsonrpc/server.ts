import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node'

// noDelay, because vscode-jsonrpc writes header and body apart: without it each call waits for a
// delayed acknowledgement, tens of milliseconds.
const server = createServer({ noDelay: true }, (socket) => {
  const connection = createMessageConnection(
    new StreamMessageReader(socket),
    new StreamMessageWriter(socket),
  )
  connection.onRequest('say', ({ text }: { text: string }) => `You said: ${text}`)
  connection.onRequest('sleep', ({ ms }: { ms: number }) =>
    new Promise((resolve) => setTimeout(resolve, ms, ms)))
  connection.onError(() => socket.destroy())
  connection.onClose(() => connection.dispose())
  connection.listen()
})
server.listen(0, '127.0.0.1', () => {
  console.log(`listening on 127.0.0.1:${(server.address() as AddressInfo).port}`)
})
