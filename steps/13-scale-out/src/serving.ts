import { serveAdaptively } from '@rpc-steps/adaptive'
import type { AdaptiveOptions } from '@rpc-steps/adaptive'
import type { Handler } from '@rpc-steps/async-await'
import { readCredentials } from '@rpc-steps/security'
import type { SecureServer } from '@rpc-steps/security'
import { durableDoor } from './durable.ts'
import { exporting } from './exporting.ts'
import type { ExportOptions } from './exporting.ts'
import { jetStreamStore } from './jetstream.ts'
import { connectNats } from './nats.ts'
import { traced } from './tracing.ts'
import { brokerDoor } from './worker.ts'

/** The command line of a server, as `step.ts` describes it. */
export interface ScaledOptions extends AdaptiveOptions, ExportOptions {
  nats: string | undefined
}

// #region serve
/**
 * The server of a command line: that of the step before, and a worker of the service behind a broker. Rejects with
 * DisconnectedError if no broker answers, and as the other does.
 */
export async function serveScaled({ otlp, spans, ...options }: ScaledOptions, log = console.error): Promise<SecureServer> {
  const recording = exporting('server', { otlp, spans })
  const outside = (handler: Handler) => (recording ? traced(handler, recording.tracer) : handler)
  try {
    const server = await serveBehindBroker(options, outside, log)
    const close = async () => {
      await server.close()
      await recording?.close()
    }
    return { ...server, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await recording?.close()
    throw error
  }
}

async function serveBehindBroker({ nats, ...options }: ScaledOptions, outside: (handler: Handler) => Handler, log: (line: string) => void): Promise<SecureServer> {
  if (nats === undefined) {
    log('without --nats it is served in this process alone: who calls must know its address, and no call survives it')
    return serveAdaptively(options, { outside })
  }
  const { certificates, workers } = options
  const broker = await connectNats(nats, certificates === undefined ? undefined : await readCredentials(certificates, 'server'))
  try {
    const store = await jetStreamStore(broker).catch((error: Error) => log(error.message))
    const doors = [brokerDoor(broker), ...(store ? [durableDoor(store, { atOnce: workers })] : [])]
    const server = await serveAdaptively(options, { outside, doors })
    const close = async () => {
      await server.close()
      await broker.close()
    }
    return { ...server, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await broker.close()
    throw error
  }
}
// #endregion
