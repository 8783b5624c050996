import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { traffic } from './test/traffic.ts'

// Random traffic between two ends of a connection, seed after seed, until one is wrong.
await main(() => {
  const { seeds, from } = readOptions('npm run traffic -- [options]', {
    seeds: numberOption('N', 'how many', 2_000, 1, 1_000_000_000),
    from: numberOption('N', 'the first one; with --seeds 1 it is run again', 1, 0, 0x7fffffff),
  })
  for (let seed = from; seed < from + seeds; seed++) {
    traffic(seed)
    if ((seed - from + 1) % 1_000 === 0) console.log(`${seed - from + 1} of ${seeds} seeds`)
  }
  console.log(`${seeds} seeds, from ${from}: each call had one outcome, and nothing was left behind`)
})
