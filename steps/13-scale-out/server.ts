import { addressText, announce, main, ownOptions, serverOptions, stopSignal } from '@rpc-steps/cli'
import { serveScaled } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const options = serverOptions(ownOptions(step, 'server'))
  const server = await serveScaled(options)
  const stopped = stopSignal()
  for (const way of server.ways) console.log(`${way.name} on ${addressText(way)}`)
  if (options.nats === undefined) console.log('without --nats, in this process alone: who calls must know its address, and no call survives it')
  announce(server)
  await stopped
  await server.close()
})
