import type { Call } from '@rpc-steps/async-await'
import { UsageError } from '@rpc-steps/cli'
import { deadlined } from '@rpc-steps/deadlines'
import type { AskOptions } from '@rpc-steps/resilience'
import { introduction } from '@rpc-steps/security'
import { ask } from '@rpc-steps/streaming'
import { overBroker } from './caller.ts'
import { durable } from './durable.ts'
import { exporting } from './exporting.ts'
import type { ExportOptions } from './exporting.ts'
import { jetStreamStore } from './jetstream.ts'
import { connectNats } from './nats.ts'
import { tracedBroker } from './traced-broker.ts'
import { tracedRemote } from './traced-remote.ts'
import { traced } from './tracing.ts'

/** The command line of a client, as `step.ts` describes it, that goes by a broker. */
export interface AskBrokerOptions extends AskOptions, ExportOptions {
  nats: string
  durable: boolean
}

/** Makes the calls of a command line by way of a broker, and prints what comes of them. `read` reads another pause. Rejects with UsageError. */
export async function askBroker(options: AskBrokerOptions, read: (line: string) => number): Promise<void> {
  const { nats, rate, servers, credit, up, timeout = Infinity } = options
  if (rate !== undefined || servers) throw new UsageError('--nats goes by a broker, which spreads the calls: leave out --servers and --rate')
  if (options.durable && (credit ?? up) !== undefined) throw new UsageError('--durable is for calls that come whole: leave out --credit and --up')
  const recording = exporting('client', options)
  const { introduce, credentials } = await introduction(options)
  const broker = await connectNats(nats, credentials)
  try {
    const tracer = recording?.tracer
    const around = (call: Call) => deadlined(introduce(call), timeout)
    const caller = overBroker(tracer ? tracedBroker(broker, tracer) : broker, { around })
    if (options.durable) {
      const call = around(durable(await jetStreamStore(broker)))
      await ask(tracer ? traced(call, tracer) : call, options, read)
    } else await ask(tracer ? tracedRemote(caller, tracer) : caller, options, read)
    await caller.close()
  } finally {
    await broker.close()
    await recording?.close()
  }
}
