import { pickers } from '@rpc-steps/adaptive'
import { clientOptions, main, ownOptions } from '@rpc-steps/cli'
import { askResiliently, serversOption } from '@rpc-steps/resilience'
import step from './step.ts'

await main(async () => {
  const own = { ...ownOptions(step, 'client'), servers: serversOption }
  const options = clientOptions(own)
  await askResiliently(options, own.slow.read, pickers[options.pick]())
})
