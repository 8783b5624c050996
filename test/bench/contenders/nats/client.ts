import { connect } from '@nats-io/transport-node'
import type { BenchClient } from '@rpc-steps/course'

export const client: BenchClient = {
  async connect(port) {
    const nats = await connect({ servers: `127.0.0.1:${port}` })
    return {
      call({ method, params }, done) {
        nats.request(method, JSON.stringify(params)).then((answer) => done(null, answer.json()), done)
      },
      close: () => void nats.close(),
    }
  },
}
