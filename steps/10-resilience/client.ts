import { clientOptions, main, ownOptions } from '@rpc-steps/cli'
import { askResiliently, serversOption } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const own = { ...ownOptions(step, 'client'), servers: serversOption }
  await askResiliently(clientOptions(own), own.slow.read)
})
