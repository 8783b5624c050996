import { main } from '@rpc-steps/cli'
import { contract, protoOf } from './src/index.ts'

await main(async () => {
  process.stdout.write(protoOf(contract))
})
