import type { BenchClient } from '@rpc-steps/course'
import { resilient } from './src/index.ts'

/** Ordinary calls, through all that this step puts around them. None fails. */
export const client: BenchClient = {
  async connect(port) {
    const { call, close, connected } = resilient([{ host: '127.0.0.1', port }])
    await connected()
    return {
      call({ method, params }, done) {
        call(method, params).then((answer) => done(null, answer), done)
      },
      close: () => void close(),
    }
  },
}
