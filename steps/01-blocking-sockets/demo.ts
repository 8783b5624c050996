import { demo, fiveClients, fiveFetches, longest, sumOfAll } from '@rpc-steps/cli/demo'

await demo('01 blocking-sockets: the thread sleeps in the kernel', import.meta.url, [
  { scenario: fiveFetches, predicted: sumOfAll },
  { scenario: fiveClients, predicted: sumOfAll },
  {
    scenario: fiveClients,
    predicted: longest,
    note: 'five threads',
    serverArgs: ['--threads', '5'],
  },
])
