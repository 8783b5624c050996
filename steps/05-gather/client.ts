import { connect } from '@rpc-steps/async-await'
import { clientOptions, main, numberOption, printError, printResult } from '@rpc-steps/cli'
import { gatherSettled } from './src/index.ts'

const limitOption = numberOption('N', 'calls in flight at most', 1000, 1, 1_000_000)

await main(async () => {
  const { calls, limit, ...options } = clientOptions({ limit: limitOption })
  const peer = await connect(options, { framing: options.framing })
  const results = await gatherSettled(
    calls,
    ({ method, params }, signal) => peer.call(method, params, { signal }),
    { limit },
  )
  for (const [i, result] of results.entries()) {
    if (result.status === 'fulfilled') printResult(result.value)
    else printError(calls[i]!.method, result.reason)
  }
  await peer.close()
})
