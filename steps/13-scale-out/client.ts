import { pickers } from '@rpc-steps/adaptive'
import { clientOptions, main, ownOptions, UsageError } from '@rpc-steps/cli'
import { askResiliently, serversOption } from '@rpc-steps/resilience'
import { askBroker } from './src/index.ts'
import step from './step.ts'

await main(async () => {
  const own = { ...ownOptions(step, 'client'), servers: serversOption }
  const { nats, ...options } = clientOptions(own)
  if (nats !== undefined) return askBroker({ ...options, nats }, own.slow.read)
  if ((options.otlp ?? options.spans) !== undefined) throw new UsageError('--otlp and --spans need --nats: without it a client records no spans')
  if (options.durable) throw new UsageError('--durable needs --nats: it is the broker that keeps a call')
  await askResiliently(options, own.slow.read, pickers[options.pick]())
})
