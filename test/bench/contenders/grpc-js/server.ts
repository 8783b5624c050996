import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { handleUnaryCall } from '@grpc/grpc-js'
import { Bench } from './service.ts'

const say: handleUnaryCall<{ text: string }, { text: string }> = ({ request }, reply) => {
  reply(null, { text: `You said: ${request.text}` })
}
const sleep: handleUnaryCall<{ ms: number }, { ms: number }> = ({ request }, reply) => {
  setTimeout(reply, request.ms, null, request)
}

const server = new Server()
server.addService(Bench.service, { say, sleep })
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error
  console.log(`listening on 127.0.0.1:${port}`)
})
