import { connect } from '@rpc-steps/async-await'
import type { BenchClient } from '@rpc-steps/course'
import { connectionOf } from '../04-async-await/bench.ts'
import { streams } from './src/index.ts'

/** Ordinary calls, on connections that could have streams: pace.ts measures those. */
export const client: BenchClient = {
  connect: async (port) => connectionOf(await connect({ host: '127.0.0.1', port }, { extensions: [streams] })),
}
