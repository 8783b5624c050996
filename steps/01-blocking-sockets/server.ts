import { announce, main, ownOptions, serverOptions } from '@rpc-steps/cli'
import { answer, listen, serve, startThreads } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const { threads, framing, trace, ...address } = serverOptions(ownOptions(step, 'server'))
  const listener = listen(address)
  // SIGINT and SIGTERM are left to the kernel, which ends the process. A handler in JavaScript
  // would run when this thread comes back from accept, and until the next client it does not; and
  // process.exit() would wait for threads that sleep in accept.
  if (threads > 0) await startThreads(listener, threads, { framing, trace })
  announce(listener)
  if (threads === 0) serve(listener, answer, { framing })
})
