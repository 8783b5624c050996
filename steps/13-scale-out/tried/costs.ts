import { ProxyTracerProvider } from '@opentelemetry/api'
import type { Tracer } from '@opentelemetry/api'
import { AlwaysOffSampler, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { answer, connect, listen } from '@rpc-steps/async-await'
import type { Call } from '@rpc-steps/async-await'
import { traced } from '../src/index.ts'

/** Whether spans are recorded: nobody has asked for them, this trace is not among those that are sampled, or they are. */
export const ways = ['none', 'unsampled', 'recorded'] as const
export type Way = (typeof ways)[number]

const inFlight = 64

/**
 * The processor's time for a call with spans around both ends, beside one without, on one connection: the quickest of so many
 * rounds each, which take turns. Both ends are in this process, so the time is all that both cost.
 */
export async function costs(rounds: number, calls: number): Promise<Record<Way, number>> {
  const tracers: Record<Way, Tracer> = {
    none: new ProxyTracerProvider().getTracer('nobody'),
    unsampled: new NodeTracerProvider({ sampler: new AlwaysOffSampler() }).getTracer('off'),
    recorded: new NodeTracerProvider().getTracer('on'),
  }
  const ends = await Promise.all([undefined, ...ways.map((way) => tracers[way])].map(connection))
  const best = ends.map(() => Infinity)
  for (let round = 0; round <= rounds; round++) {
    for (const [i, { call }] of ends.entries()) {
      const took = await timed(call, calls)
      // In the first round the code is compiled.
      if (round > 0) best[i] = Math.min(best[i]!, took)
    }
  }
  for (const { close } of ends) await close()
  const [bare, ...others] = best
  return Object.fromEntries(ways.map((way, i) => [way, others[i]! / bare!])) as Record<Way, number>
}

async function connection(tracer: Tracer | undefined): Promise<{ call: Call; close(): Promise<void> }> {
  const server = await listen(tracer ? traced(answer, tracer) : answer, { host: '127.0.0.1', port: 0 })
  const peer = await connect(server)
  const close = async () => {
    await peer.close()
    await server.close()
  }
  return { call: tracer ? traced(peer.call, tracer) : peer.call, close }
}

/** Of the processor alone: a machine that does other things as well takes longer, and no more of it. */
async function timed(call: Call, calls: number): Promise<number> {
  const began = process.cpuUsage()
  let left = calls
  await Promise.all(Array.from({ length: inFlight }, async () => {
    while (left-- > 0) await call('say', { text: 'Hi' })
  }))
  const { user, system } = process.cpuUsage(began)
  return user + system
}
