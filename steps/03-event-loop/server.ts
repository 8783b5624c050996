import { announce, choiceOption, main, serverOptions, stopSignal } from '@rpc-steps/cli'
import { syscalls } from '@rpc-steps/sockets'
import { answer, availableSelectors, listen, Loop } from './src/index.ts'

await main(async () => {
  const selectors = availableSelectors(syscalls)
  const options = serverOptions({
    selector: choiceOption(selectors, 'how to ask which sockets are ready', selectors.at(-1)!),
  })
  const loop = new Loop(options)
  const server = listen(loop, answer, options)
  void stopSignal().then(() => server.close())
  announce(server)
  await loop.run()
})
