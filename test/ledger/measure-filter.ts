import { main, numberOption, readCommandLine, UsageError } from '@rpc-steps/cli'
import { costOf } from './src/filter.ts'
import { filters } from './src/filters.ts'

const usage = `measure-filter.ts [options] NAME

What a filter adds to a call of step 04, as JSON: in a process of its own, since some change what
all others cost. The filters:
${filters.map(({ name }) => `  "${name}"`).join('\n')}`

await main(async () => {
  const { words, values } = readCommandLine(usage, {
    rounds: numberOption('N', 'rounds whose median is told', 60, 1, 10_000),
    calls: numberOption('N', 'calls with and without it in each', 1000, 1, 1_000_000),
  })
  const filter = filters.find(({ name }) => name === words[0])
  if (!filter) throw new UsageError(`there is no filter "${words.join(' ')}"; --help lists them`)
  console.log(JSON.stringify(await costOf(filter, values.rounds, values.calls)))
  // Some filters keep a timer for what they remember.
  process.exit()
})
