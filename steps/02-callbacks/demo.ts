import { demo, fiveClients, fiveFetches, longest } from '@rpc-steps/cli/demo'

await demo('02 callbacks: returns at once, is called back', import.meta.url, [
  { scenario: fiveFetches, predicted: longest },
  { scenario: fiveClients, predicted: longest },
])
