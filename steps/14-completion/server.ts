import { announce, main, ownOptions, serverOptions, stopSignal } from '@rpc-steps/cli'
import { answer, listen, Loop } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const options = serverOptions(ownOptions(step, 'server'))
  const loop = new Loop()
  const server = listen(loop, answer, options)
  void stopSignal().then(() => server.close())
  announce(server)
  await loop.run()
})
