import { connect } from '@rpc-steps/async-await'
import { clientOptions, main, ownOptions, printSettled } from '@rpc-steps/cli'
import { gatherSettled } from '@rpc-steps/gather'
import step from './step.ts'

await main(async () => {
  const { calls, limit, priority, ...options } = clientOptions(ownOptions(step, 'client'))
  const peer = await connect(options, { framing: options.framing })
  // Left out, nothing is said: that is not the same as the least.
  const extras = priority === undefined ? undefined : () => ({ meta: { priority } })
  const results = await gatherSettled(
    calls,
    ({ method, params }, signal) => peer.call(method, params, { signal, extras }),
    { limit },
  )
  printSettled(calls, results)
  await peer.close()
})
