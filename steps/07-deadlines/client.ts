import { connect } from '@rpc-steps/async-await'
import { clientOptions, main, ownOptions, printSettled } from '@rpc-steps/cli'
import { gatherSettled } from '@rpc-steps/gather'
import { cancels, deadlined } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const { calls, limit, priority, timeout = Infinity, ...options } = clientOptions(ownOptions(step, 'client'))
  const peer = await connect(options, { framing: options.framing, extensions: [cancels] })
  const call = deadlined(peer.call, timeout)
  // Left out, nothing is said: that is not the same as the least.
  const extras = priority === undefined ? undefined : () => ({ meta: { priority } })
  const results = await gatherSettled(
    calls,
    ({ method, params }, signal) => call(method, params, { signal, extras }),
    { limit },
  )
  printSettled(calls, results)
  await peer.close()
})
