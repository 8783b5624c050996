import { main, numberOption, readOptions } from '@rpc-steps/cli'
import { costs } from './tried/costs.ts'

const usage = `costs.ts [options]

What spans around both ends of a call cost: its time with them, as a multiple of that without.`

const said = { none: 'nobody has asked for spans', unsampled: 'this trace is not sampled', recorded: 'spans are recorded' }

await main(async () => {
  const { rounds, calls } = readOptions(usage, {
    rounds: numberOption('N', 'rounds of which the quickest counts', 20, 1, 1000),
    calls: numberOption('N', 'calls in a round', 5000, 1, 1_000_000),
  })
  for (const [way, ratio] of Object.entries(await costs(rounds, calls))) {
    console.log(`${said[way as keyof typeof said].padEnd(28)}${ratio.toFixed(2)}`)
  }
})
