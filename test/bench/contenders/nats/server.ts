import { connect } from '@nats-io/transport-node'
import { NatsServer } from '../../../../steps/13-scale-out/tried/nats-server.ts'

const nats = await NatsServer.start()
const end = () => void nats.stop().finally(() => process.exit())
process.on('SIGTERM', end)
process.on('disconnect', end)

// The one worker of this service. Clients and worker know the nats-server, and not each other.
const worker = await connect({ servers: nats.address })
worker.subscribe('say', {
  callback(_, message) {
    message.respond(JSON.stringify(`You said: ${message.json<{ text: string }>().text}`))
  },
})
worker.subscribe('sleep', {
  callback(_, message) {
    const { ms } = message.json<{ ms: number }>()
    setTimeout(() => message.respond(JSON.stringify(ms)), ms)
  },
})
await worker.flush()
console.log(`listening on ${nats.address}`)
