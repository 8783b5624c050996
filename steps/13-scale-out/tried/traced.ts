import { answer } from '@rpc-steps/async-await'
import type { Call } from '@rpc-steps/async-await'
import { main, numberOption, readOptions, stopSignal, textOption } from '@rpc-steps/cli'
import { deadlined, inTime, relaying } from '@rpc-steps/deadlines'
import { brokerDoor, connectNats, exporting, overBroker, traced, tracedBroker, tracedRemote } from '../src/index.ts'

const usage = `traced.ts [options]

One program of a trace: a worker of the service, which may have another one behind it, or a client that has the
first relay a call to the second.`

await main(async () => {
  const { nats, name, serves, asks, ms, ...where } = readOptions(usage, {
    nats: textOption('ADDRESS', 'the NATS server', ''),
    name: textOption('NAME', 'what it is called in the trace', 'client'),
    serves: textOption('SUBJECT', 'what it serves; without it is a client', undefined),
    asks: textOption('SUBJECT', 'what it asks', undefined),
    ms: numberOption('N', 'milliseconds that the answer is to take; without it is a quick one', undefined, 1, 60_000),
    otlp: textOption('URL', 'a collector for its spans', undefined),
    spans: textOption('FILE', 'a file for its spans', undefined),
  })
  const { tracer, close } = exporting(name, where)!
  const broker = tracedBroker(await connectNats(nats), tracer)
  const remote = asks === undefined ? undefined : tracedRemote(overBroker(broker, { subject: asks }), tracer)
  const asked = ms === undefined ? { method: 'say', params: { text: 'Hi' } } : { method: 'sleep', params: { ms } }
  if (serves === undefined) console.log(await remote!.call('relay', asked))
  else {
    const nobody: Call = () => Promise.reject(new Error('there is none behind'))
    const handler = traced(deadlined(inTime(relaying(answer, remote?.call ?? nobody))), tracer)
    const stopped = stopSignal()
    const worker = await brokerDoor(broker, { subject: serves })({ handler })
    console.log('ready')
    await stopped
    await worker.close()
  }
  await remote?.close()
  await broker.close()
  await close()
})
