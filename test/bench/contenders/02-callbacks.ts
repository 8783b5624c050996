import { connect } from '@rpc-steps/callbacks'
import type { Client, Connection } from './contender.ts'

export const client: Client = {
  connect(port) {
    return new Promise<Connection>((resolve, reject) => {
      connect({ port }, (error, client) => {
        if (error) return reject(error)
        resolve({
          call: ({ method, params }, done) => void client.call(method, params, done),
          close: () => client.destroy(),
        })
      })
    })
  },
}
