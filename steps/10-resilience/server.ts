import { announce, main, ownOptions, serverOptions, stopSignal } from '@rpc-steps/cli'
import { principalOf, serve } from '@rpc-steps/security'
import { Drainer, idempotent } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const drainer = new Drainer()
  const server = await serve(serverOptions(ownOptions(step, 'server')), {
    // A key is its owner's: nobody else is given the answer by guessing it.
    around: (handler) => idempotent(handler, { scope: (context) => principalOf(context)?.name ?? '' }),
    extensions: [drainer.extension],
    closing: () => drainer.begin(),
  })
  const stopped = stopSignal()
  announce(server)
  await stopped
  await server.close()
})
