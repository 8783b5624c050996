import { connect } from '@rpc-steps/async-await'
import type { BenchClient } from '@rpc-steps/course'
import { connectionOf } from '../04-async-await/bench.ts'
import { gather } from './src/index.ts'

export const client: BenchClient = {
  async connect(port) {
    const peer = await connect({ host: '127.0.0.1', port })
    return {
      ...connectionOf(peer),
      gather: ({ method, params }, count, limit) =>
        gather(
          Array.from({ length: count }),
          (_, signal) => peer.call(method, params, { signal }),
          { limit },
        ),
    }
  },
}
