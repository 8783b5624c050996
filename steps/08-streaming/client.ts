import { connect } from '@rpc-steps/async-await'
import { clientOptions, main, ownOptions } from '@rpc-steps/cli'
import { deadlined } from '@rpc-steps/deadlines'
import { recordMemory } from '@rpc-steps/trace'
import { ask, streams } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const own = ownOptions(step, 'client')
  const options = clientOptions(own)
  const { timeout = Infinity, framing, trace } = options
  if (trace !== undefined) recordMemory()
  const peer = await connect(options, { framing, extensions: [streams] })
  await ask(deadlined(peer.call, timeout), options, own.slow.read)
  await peer.close()
})
