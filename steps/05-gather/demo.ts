import { atATime, demo, fiveClients, fiveFetches, longest } from '@rpc-steps/cli/demo'

await demo('05 gather: many waits at once', import.meta.url, [
  { scenario: fiveFetches, predicted: longest, note: 'gathered' },
  { scenario: fiveFetches, predicted: atATime(2), note: 'at most two', clientArgs: ['--limit', '2'] },
  { scenario: fiveClients, predicted: longest },
])
