import { announce, main, ownOptions, serverOptions, stopSignal } from '@rpc-steps/cli'
import { serveAdaptively } from '@rpc-steps/adaptive'
import step from './step.ts'

await main(async () => {
  const server = await serveAdaptively(serverOptions(ownOptions(step, 'server')))
  const stopped = stopSignal()
  announce(server)
  await stopped
  await server.close()
})
