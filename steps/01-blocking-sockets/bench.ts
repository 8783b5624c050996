import type { BenchClient } from '@rpc-steps/course'
import { connect } from './src/index.ts'

export const client: BenchClient = {
  async connect(port) {
    const client = connect({ host: '127.0.0.1', port })
    return {
      call({ method, params }, done) {
        let answer: unknown
        try {
          answer = client.call(method, params)
        } catch (error) {
          return done(error as Error)
        }
        done(null, answer)
      },
      close: () => client.close(),
    }
  },
}
