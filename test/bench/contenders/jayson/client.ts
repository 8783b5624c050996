import { once } from 'node:events'
import { Client } from 'jayson'
import { WebSocket } from 'ws'
import type { BenchClient } from '@rpc-steps/course'

export const client: BenchClient = {
  async connect(port) {
    // Its client for TCP opens a connection for each call, and this one does not.
    const ws = new WebSocket(`ws://127.0.0.1:${port}`)
    await once(ws, 'open')
    const jayson = Client.websocket({ ws })
    return {
      call({ method, params }, done) {
        jayson.request(method, params, (error?: Error | null, answer?: { result: unknown }) => {
          done(error ?? null, answer?.result)
        })
      },
      close: () => ws.terminate(),
    }
  },
}
