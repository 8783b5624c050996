import { connect } from '@rpc-steps/async-await'
import { clientOptions, main, numberOption, ownOptions, printError, printResult } from '@rpc-steps/cli'
import type { Option } from '@rpc-steps/cli'
import { gatherSettled } from '@rpc-steps/gather'
import step from './step.ts'

/** Left out, nothing is said: that is not the same as the least. */
const priorityOption: Option<number | undefined> = {
  ...numberOption('N', 'how urgent the calls are, 9 most of all', 0, 0, 9),
  default: undefined,
}

await main(async () => {
  const { calls, limit, priority, ...options } = clientOptions({ ...ownOptions(step, 'client'), priority: priorityOption })
  const peer = await connect(options, { framing: options.framing })
  const extras = priority === undefined ? undefined : () => ({ meta: { priority } })
  const results = await gatherSettled(
    calls,
    ({ method, params }, signal) => peer.call(method, params, { signal, extras }),
    { limit },
  )
  for (const [i, result] of results.entries()) {
    if (result.status === 'fulfilled') printResult(result.value)
    else printError(calls[i]!.method, result.reason)
  }
  await peer.close()
})
