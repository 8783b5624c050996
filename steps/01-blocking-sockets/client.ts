import { clientOptions, main, numberOption, printError, printResult } from '@rpc-steps/cli'
import { DisconnectedError } from '@rpc-steps/wire'
import { connect } from './src/index.ts'

const own = { timeout: numberOption('MS', 'how long a call may take; 0 is for ever', 0, 0, 3_600_000) }

await main(() => {
  const { calls, framing, timeout, ...address } = clientOptions(own)
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
