import { main, readOptions } from '@rpc-steps/cli'
import { contract, protoOf } from './src/index.ts'

const usage = `proto.ts

Prints the contract as a .proto file, for clients of gRPC.`

await main(async () => {
  readOptions(usage, {})
  process.stdout.write(protoOf(contract))
})
