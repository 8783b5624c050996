import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { BenchRequest } from '@rpc-steps/course'

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { text: said, ms } = JSON.parse(await text(request)) as BenchRequest['params']
  const result = request.url === '/say' ? `You said: ${said}` : await new Promise((resolve) => setTimeout(resolve, ms, ms))
  const body = Buffer.from(JSON.stringify(result))
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy())
})
server.listen(0, '127.0.0.1', () => {
  console.log(`listening on 127.0.0.1:${(server.address() as AddressInfo).port}`)
})
