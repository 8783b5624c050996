import { once } from 'node:events'
import { newWebSocketRpcSession } from 'capnweb'
import { WebSocket as Socket } from 'ws'
import type { BenchClient } from '@rpc-steps/course'
import type { Service } from './server.ts'

globalThis.WebSocket ??= Socket as unknown as typeof WebSocket

export const client: BenchClient = {
  async connect(port) {
    const ws = new Socket(`ws://127.0.0.1:${port}`)
    await once(ws, 'open')
    const service = newWebSocketRpcSession<Service>(ws as unknown as WebSocket)
    return {
      call({ method, params: { text = '', ms = 0 } }, done) {
        const answer = method === 'say' ? service.say({ text }) : service.sleep({ ms })
        answer.then((answer: unknown) => done(null, answer), done)
      },
      close: () => ws.terminate(),
    }
  },
}
