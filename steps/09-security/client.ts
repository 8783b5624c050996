import { clientOptions, main, ownOptions } from '@rpc-steps/cli'
import { deadlined } from '@rpc-steps/deadlines'
import { ask, streams } from '@rpc-steps/streaming'
import { recordMemory } from '@rpc-steps/trace'
import { introduction } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const own = ownOptions(step, 'client')
  const options = clientOptions(own)
  const { timeout = Infinity, framing, trace } = options
  const { dial, introduce } = await introduction(options)
  if (trace !== undefined) recordMemory()
  const peer = await dial(options, { framing, extensions: [streams] })
  await ask(deadlined(introduce(peer.call), timeout), options, own.slow.read)
  await peer.close()
})
