import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import { WebSocket as Socket } from 'ws'
import type { BenchClient } from '@rpc-steps/course'
import type { Service } from './server.ts'

export const client: BenchClient = {
  async connect(port) {
    const ws = await new Promise<ReturnType<typeof createWSClient>>((resolve) => {
      const ws = createWSClient({
        url: `ws://127.0.0.1:${port}`,
        // Node has one of its own since 22.
        WebSocket: Socket as unknown as typeof WebSocket,
        onOpen: () => resolve(ws),
      })
    })
    const service = createTRPCClient<Service>({ links: [wsLink({ client: ws })] })
    return {
      call({ method, params: { text = '', ms = 0 } }, done) {
        const answer = method === 'say' ? service.say.query({ text }) : service.sleep.query({ ms })
        answer.then((answer) => done(null, answer), done)
      },
      close: () => void ws.close(),
    }
  },
}
