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
          close() {
            client.destroy()
            // The kernel must be told, and say that it is done: nobody takes another turn for that.
            setImmediate(() => loop.turn(0))
          },
        })
      })
      void loop.run()
    })
  },
}
