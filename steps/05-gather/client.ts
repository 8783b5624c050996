import { connect } from '@rpc-steps/async-await'
import { clientOptions, main, ownOptions, printSettled } from '@rpc-steps/cli'
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
  printSettled(calls, results)
  await peer.close()
})
