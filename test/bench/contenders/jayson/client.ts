import { once } from 'node:events'
import jayson from 'jayson'
import { WebSocket } from 'ws'
import type { BenchClient } from '@rpc-steps/course'

export const client: BenchClient = {
  async connect(port) {
    // Its client for TCP opens a connection for each call, and this one does not.
    const ws = new WebSocket(`ws://127.0.0.1:${port}`)
    await once(ws, 'open')
    const client = jayson.Client.websocket({ ws })
    return {
      call({ method, params }, done) {
        client.request(method, params, (error?: unknown, answer?: { result: unknown }) => {
          done((error ?? null) as Error | null, answer?.result)
        })
      },
      close: () => ws.terminate(),
    }
  },
}
