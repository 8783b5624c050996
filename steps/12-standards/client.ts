import { clientOptions, main, ownOptions } from '@rpc-steps/cli'
import { serversOption } from '@rpc-steps/resilience'
import { askOver } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const own = { ...ownOptions(step, 'client'), servers: serversOption }
  await askOver(clientOptions(own), own.slow.read)
})
