import { main, stopSignal, textOption, readOptions } from '@rpc-steps/cli'
import { connectNats, jetStreamStore, work } from '../src/index.ts'

// Works on what is stored, and prints a + for each try: how often something ran is counted from outside.
await main(async () => {
  const { nats } = readOptions('worker.ts --nats HOST:PORT', { nats: textOption('HOST:PORT', 'where NATS is', '127.0.0.1:4222') })
  const broker = await connectNats(nats)
  const working = await work(await jetStreamStore(broker), (request, context) => {
    process.stdout.write('+')
    return context.sleep(2).then(() => request.params as [number])
  })
  const stopped = stopSignal()
  console.log('ready')
  await stopped
  await working.leave()
  await broker.close()
})
