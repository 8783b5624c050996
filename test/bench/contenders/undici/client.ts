import { Client } from 'undici'
import type { BenchClient, BenchRequest } from '@rpc-steps/course'

const headers = { 'content-type': 'application/json' }
// HTTP/1.1 has no numbers for its calls. So that more than one is in flight, requests are sent behind
// each other, and answers come in the same order.
const pipelining = 1_000
const piped = { idempotent: true, blocking: false }

export const client: BenchClient = {
  async connect(port) {
    const client = new Client(`http://127.0.0.1:${port}`, { pipelining })
    async function call({ method, params }: BenchRequest): Promise<unknown> {
      const body = JSON.stringify(params)
      const answer = await client.request({ path: `/${method}`, method: 'POST', headers, body, ...piped })
      return answer.body.json()
    }
    // It connects when it has something to send.
    await call({ method: 'say', params: { text: '' } })
    return {
      call: (request, done) => void call(request).then((answer) => done(null, answer), done),
      close: () => void client.destroy(),
    }
  },
}
