import { connect } from '@rpc-steps/async-await'
import type { BenchClient } from '@rpc-steps/course'
import { connectionOf } from '../04-async-await/bench.ts'
import { cancels, deadlined } from './src/index.ts'

/** Each call has a deadline, which none of them needs. */
export const client: BenchClient = {
  async connect(port) {
    const peer = await connect({ host: '127.0.0.1', port }, { extensions: [cancels] })
    return connectionOf(peer, deadlined(peer.call, 60_000))
  },
}
