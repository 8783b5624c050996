import { once } from 'node:events'
import { connect } from 'node:net'
import type { BenchClient, BenchDone } from '@rpc-steps/course'
import { reader, write } from './messages.ts'

export const client: BenchClient = {
  async connect(port) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    const pending = new Map<number, BenchDone>()
    let lastId = 0
    socket.on('data', reader(({ id, result }) => {
      pending.get(id)?.(null, result)
      pending.delete(id)
    }))
    return {
      call({ method, params }, done) {
        const id = ++lastId
        pending.set(id, done)
        write(socket, { jsonrpc: '2.0', id, method, params })
      },
      close: () => socket.destroy(),
    }
  },
}
