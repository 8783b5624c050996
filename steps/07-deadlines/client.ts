import { connect } from '@rpc-steps/async-await'
import { clientOptions, main, numberOption, ownOptions, printError, printResult } from '@rpc-steps/cli'
import type { Option } from '@rpc-steps/cli'
import { gatherSettled } from '@rpc-steps/gather'
import { cancels, deadlined } from './src/index.ts'
import step from './step.ts'

/** Left out, nothing is said: that is not the same as the least. */
function optional(option: Option<number>): Option<number | undefined> {
  return { ...option, default: undefined }
}

const declared = ownOptions(step, 'client')
const own = {
  ...declared,
  priority: optional(numberOption('N', 'how urgent the calls are, 9 most of all', 0, 0, 9)),
  timeout: optional(declared.timeout),
}

await main(async () => {
  const { calls, limit, priority, timeout = Infinity, ...options } = clientOptions(own)
  const peer = await connect(options, { framing: options.framing, extensions: [cancels] })
  const call = deadlined(peer.call, timeout)
  const extras = priority === undefined ? undefined : () => ({ meta: { priority } })
  const results = await gatherSettled(
    calls,
    ({ method, params }, signal) => call(method, params, { signal, extras }),
    { limit },
  )
  for (const [i, result] of results.entries()) {
    if (result.status === 'fulfilled') printResult(result.value)
    else printError(calls[i]!.method, result.reason)
  }
  await peer.close()
})
