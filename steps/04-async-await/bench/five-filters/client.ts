import { connect } from '../../src/index.ts'
import type { BenchClient } from '@rpc-steps/course'
import { five } from './filters.ts'

export const client: BenchClient = {
  async connect(port) {
    const peer = await connect({ host: '127.0.0.1', port })
    const call = five(peer.call)
    return {
      call({ method, params }, done) {
        call(method, params).then((answer) => done(null, answer), done)
      },
      close: () => void peer.close(),
    }
  },
}
