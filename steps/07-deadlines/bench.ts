import { connect } from '@rpc-steps/async-await'
import type { BenchClient } from '@rpc-steps/course'
import { cancels, deadlined } from './src/index.ts'

/** Each call has a deadline, which none of them needs. */
export const client: BenchClient = {
  async connect(port) {
    const peer = await connect({ host: '127.0.0.1', port }, { extensions: [cancels] })
    const timed = deadlined(peer.call, 60_000)
    return {
      call({ method, params }, done) {
        timed(method, params).then((answer) => done(null, answer), done)
      },
      close: () => void peer.close(),
    }
  },
}
