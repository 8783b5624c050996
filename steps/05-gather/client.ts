import { connect } from '@rpc-steps/async-await'
import { clientOptions, main, ownOptions, printError, printResult } from '@rpc-steps/cli'
import { gatherSettled } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const { calls, limit, ...options } = clientOptions(ownOptions(step, 'client'))
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
