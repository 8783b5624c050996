import { createClient } from '@connectrpc/connect'
import { createConnectTransport, Http2SessionManager } from '@connectrpc/connect-node'
import type { BenchClient } from '@rpc-steps/course'
import { Bench } from './service.ts'

export const client: BenchClient = {
  async connect(port) {
    const baseUrl = `http://127.0.0.1:${port}`
    const sessionManager = new Http2SessionManager(baseUrl)
    await sessionManager.connect()
    const stub = createClient(Bench, createConnectTransport({ baseUrl, httpVersion: '2', sessionManager }))
    return {
      call({ method, params }, done) {
        if (method === 'say') stub.say(params).then(({ text }) => done(null, text), done)
        else stub.sleep(params).then(({ ms }) => done(null, ms), done)
      },
      close: () => sessionManager.abort(),
    }
  },
}
