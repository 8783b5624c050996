import { once } from 'node:events'
import { connect } from 'node:net'
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node'
import type { BenchClient } from '@rpc-steps/course'

export const client: BenchClient = {
  async connect(port) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    const connection = createMessageConnection(
      new StreamMessageReader(socket),
      new StreamMessageWriter(socket),
    )
    connection.listen()
    return {
      call({ method, params }, done) {
        connection.sendRequest(method, params).then((answer) => done(null, answer), done)
      },
      close() {
        connection.dispose()
        socket.destroy()
      },
    }
  },
}
