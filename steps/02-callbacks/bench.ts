import type { BenchClient, BenchConnection } from '@rpc-steps/course'
import { connect } from './src/index.ts'

export const client: BenchClient = {
  connect(port) {
    return new Promise<BenchConnection>((resolve, reject) => {
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
