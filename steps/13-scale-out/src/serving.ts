import type { Handler } from '@rpc-steps/async-await'
import { readCredentials } from '@rpc-steps/security'
import { serveStandards } from '@rpc-steps/standards'
import type { StandardOptions, StandardServer } from '@rpc-steps/standards'
import { durableDoor } from './durable.ts'
import { exporting } from './exporting.ts'
import type { ExportOptions } from './exporting.ts'
import { jetStreamStore } from './jetstream.ts'
import { connectNats } from './nats.ts'
import { traced } from './tracing.ts'
import { brokerDoor } from './worker.ts'

/** The command line of a server, as `step.ts` describes it. */
export interface ScaledOptions extends StandardOptions, ExportOptions {
  nats: string | undefined
}

// #region serve
/**
 * The server of a command line: that of the step before, and a worker of the service behind a broker. Rejects with
 * DisconnectedError if no broker answers, and as the other does.
 */
export async function serveScaled({ otlp, spans, ...options }: ScaledOptions, log = console.error): Promise<StandardServer> {
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

async function serveBehindBroker({ nats, ...options }: ScaledOptions, outside: (handler: Handler) => Handler, log: (line: string) => void): Promise<StandardServer> {
  if (nats === undefined) return serveStandards(options, { outside })
  const { certificates, workers } = options
  const broker = await connectNats(nats, certificates === undefined ? undefined : await readCredentials(certificates, 'server'))
  try {
    const store = await jetStreamStore(broker).catch((error: Error) => log(error.message))
    const doors = [brokerDoor(broker), ...(store ? [durableDoor(store, { atOnce: workers })] : [])]
    const server = await serveStandards(options, { outside, doors })
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
