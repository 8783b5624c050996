import { systemClock } from '@rpc-steps/async-await'
import { clientOptions, main, ownOptions } from '@rpc-steps/cli'
import { askResiliently, powerOfTwo, serversOption } from '@rpc-steps/resilience'
import type { Picker } from '@rpc-steps/resilience'
import { Bandit, PeakEwma } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const own = { ...ownOptions(step, 'client'), servers: serversOption }
  const options = clientOptions(own)
  const pickers: Record<typeof options.pick, () => Picker> = {
    'two': () => powerOfTwo(),
    'peak-ewma': () => new PeakEwma(systemClock),
    'bandit': () => new Bandit(systemClock),
  }
  await askResiliently(options, own.slow.read, pickers[options.pick]())
})
