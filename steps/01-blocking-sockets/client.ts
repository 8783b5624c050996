import { clientOptions, main, ownOptions, printError, printResult } from '@rpc-steps/cli'
import { DisconnectedError } from '@rpc-steps/wire'
import { connect } from './src/index.ts'
import step from './step.ts'

await main(() => {
  const { calls, framing, timeout, ...address } = clientOptions(ownOptions(step, 'client'))
  const client = connect(address, { framing, timeout })
  for (const { method, params } of calls) {
    try {
      printResult(client.call(method, params))
    } catch (error) {
      printError(method, error)
      if (error instanceof DisconnectedError) break
    }
  }
  client.close()
})
