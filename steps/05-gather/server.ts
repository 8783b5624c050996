import { announce, main, serverOptions, stopSignal } from '@rpc-steps/cli'
import { answer, serve } from '@rpc-steps/async-await'

// The server of step 04, as it is: only the client waits in another way.
await main(async () => {
  const options = serverOptions()
  const server = await serve(answer, options, { framing: options.framing })
  const stopped = stopSignal()
  announce(server)
  await stopped
  await server.close()
})
