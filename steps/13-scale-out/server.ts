import { addressText, announce, main, ownOptions, serverOptions, stopSignal } from '@rpc-steps/cli'
import { serveScaled } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const server = await serveScaled(serverOptions(ownOptions(step, 'server')))
  const stopped = stopSignal()
  for (const way of server.ways) console.log(`${way.name} on ${addressText(way)}`)
  announce(server)
  await stopped
  await server.close()
})
