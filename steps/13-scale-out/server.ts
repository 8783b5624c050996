import { announce, main, ownOptions, serverOptions, stopSignal } from '@rpc-steps/cli'
import { serveScaled } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const server = await serveScaled(serverOptions(ownOptions(step, 'server')))
  const stopped = stopSignal()
  announce(server)
  await stopped
  await server.close()
})
