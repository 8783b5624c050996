import type { BenchClient, BenchConnection } from '@rpc-steps/course'
import { connect } from './src/index.ts'
import type { Peer } from './src/index.ts'

/** How a peer is driven, here and in the steps that stand on this one. */
export function connectionOf(peer: Peer, call = peer.call): BenchConnection {
  return {
    call({ method, params }, done) {
      call(method, params).then((answer) => done(null, answer), done)
    },
    close: () => void peer.close(),
  }
}

export const client: BenchClient = {
  connect: async (port) => connectionOf(await connect({ host: '127.0.0.1', port })),
}
