import { demo, fiveClients, fiveFetches, longest } from '@rpc-steps/cli/demo'

await demo('14 completion: the kernel does it, and tells', import.meta.url, [
  { scenario: fiveFetches, predicted: longest },
  { scenario: fiveClients, predicted: longest },
])
