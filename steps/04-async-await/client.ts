import { clientOptions, main, printError, printResult } from '@rpc-steps/cli'
import { connect } from './src/index.ts'

await main(async () => {
  const { calls, ...options } = clientOptions()
  const peer = await connect(options, { framing: options.framing })
  for (const { method, params } of calls) {
    try {
      printResult(await peer.call(method, params))
    } catch (error) {
      printError(method, error)
    }
  }
  await peer.close()
})
