import { demo, fiveClients, fiveFetches, longest } from '@rpc-steps/cli/demo'

await demo('03 event loop: asks the kernel which socket is ready', import.meta.url, [
  { scenario: fiveFetches, predicted: longest },
  { scenario: fiveClients, predicted: longest },
])
