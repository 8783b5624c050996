import { demo, fiveClients, fiveFetches, longest, sumOfAll } from '@rpc-steps/cli/demo'

await demo('04 async-await: the function is put aside and resumed', import.meta.url, [
  { scenario: fiveFetches, predicted: sumOfAll, note: 'in a loop' },
  { scenario: fiveClients, predicted: longest },
])
