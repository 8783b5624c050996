import type { BenchClient } from '@rpc-steps/course'
import { connectionOf } from '../../bench.ts'
import { connect } from '../../src/index.ts'
import { five } from './filters.ts'

export const client: BenchClient = {
  async connect(port) {
    const peer = await connect({ host: '127.0.0.1', port })
    return connectionOf(peer, five(peer.call))
  },
}
