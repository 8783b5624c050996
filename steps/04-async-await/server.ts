import { announce, main, serverOptions, stopSignal } from '@rpc-steps/cli'
import { answer, listen } from './src/index.ts'

await main(async () => {
  const options = serverOptions()
  const server = await listen(answer, options, { framing: options.framing })
  const stopped = stopSignal()
  announce(server)
  await stopped
  await server.close()
})
