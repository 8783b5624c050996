import { connect } from '@rpc-steps/async-await'
import { clientOptions, main, ownOptions, printSettled } from '@rpc-steps/cli'
import { cancels, deadlined } from '@rpc-steps/deadlines'
import { gatherSettled } from '@rpc-steps/gather'
import step from './step.ts'

await main(async () => {
  const { calls, limit, timeout = Infinity, ...options } = clientOptions(ownOptions(step, 'client'))
  const peer = await connect(options, { framing: options.framing, extensions: [cancels] })
  const call = deadlined(peer.call, timeout)
  const results = await gatherSettled(
    calls,
    ({ method, params }, signal) => call(method, params, { signal }),
    { limit },
  )
  printSettled(calls, results)
  await peer.close()
})
