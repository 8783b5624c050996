import { answer, listen } from '@rpc-steps/async-await'
import { main, readOptions, stopSignal, textOption } from '@rpc-steps/cli'
import { brokerDoor, connectNats, durableDoor, jetStreamStore } from '../src/index.ts'

// Answers the same requests in each of the ways that `speed.ts` compares.
await main(async () => {
  const { nats } = readOptions('speed-server.ts --nats HOST:PORT', { nats: textOption('HOST:PORT', 'where NATS is', '127.0.0.1:4222') })
  const direct = await listen(answer, { host: '127.0.0.1', port: 0 })
  const broker = await connectNats(nats)
  const doors = await Promise.all([brokerDoor(broker), durableDoor(await jetStreamStore(broker))].map((open) => open({ handler: answer })))
  broker.connection.subscribe('plain', {
    callback: (_, message) => {
      const { params } = message.json<{ params: { a: number; b: number } }>()
      message.respond(JSON.stringify({ result: params.a + params.b }))
    },
  })
  await broker.flush()
  const stopped = stopSignal()
  console.log(`ready ${direct.port}`)
  await stopped
  await Promise.all([direct.close(), ...doors.map((door) => door.close())])
  await broker.close()
})
