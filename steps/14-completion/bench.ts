import type { BenchClient, BenchConnection } from '@rpc-steps/course'
import { connect, Loop } from './src/index.ts'

// Nobody but this loop hears the replies, so it has to run whenever there is something to wait for.
const loop = new Loop()

export const client: BenchClient = {
  drive(start) {
    start(() => loop.stop())
    void loop.run()
  },
  connect(port) {
    return new Promise<BenchConnection>((resolve, reject) => {
      connect(loop, { port }, (error, client) => {
        loop.stop()
        if (error) return reject(error)
        resolve({
          call: ({ method, params }, done) => void client.call(method, params, done),
          close: () => client.destroy(),
        })
      })
      void loop.run()
    })
  },
}
