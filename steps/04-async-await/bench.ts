import type { BenchClient } from '@rpc-steps/course'
import { connect } from './src/index.ts'

export const client: BenchClient = {
  async connect(port) {
    const peer = await connect({ host: '127.0.0.1', port })
    return {
      call({ method, params }, done) {
        peer.call(method, params).then((answer) => done(null, answer), done)
      },
      close: () => void peer.close(),
    }
  },
}
