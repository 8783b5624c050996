import { promisify } from 'node:util'
import { credentials } from '@grpc/grpc-js'
import type { ServiceError } from '@grpc/grpc-js'
import type { BenchClient } from '@rpc-steps/course'
import { Bench } from './service.ts'

const secondsToConnect = 10

export const client: BenchClient = {
  async connect(port) {
    const stub = new Bench(`127.0.0.1:${port}`, credentials.createInsecure(), {
      // Otherwise all clients of one address share one connection.
      'grpc.use_local_subchannel_pool': 1,
    })
    await promisify(stub.waitForReady.bind(stub))(Date.now() + secondsToConnect * 1000)
    const say = stub['say']!.bind(stub)
    const sleep = stub['sleep']!.bind(stub)
    return {
      call({ method, params }, done) {
        if (method === 'say') {
          say(params, (error: ServiceError | null, answer?: { text: string }) => done(error, answer?.text))
        } else {
          sleep(params, (error: ServiceError | null, answer?: { ms: number }) => done(error, answer?.ms))
        }
      },
      close: () => stub.close(),
    }
  },
}
