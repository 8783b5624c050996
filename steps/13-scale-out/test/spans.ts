import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import type { ReadableSpan, Sampler } from '@opentelemetry/sdk-trace-node'
import type { Tracer } from '@opentelemetry/api'
import { connect, listen } from '@rpc-steps/async-await'
import type { Handler, Peer, PeerOptions, Server } from '@rpc-steps/async-await'
import { onTestFinished } from 'vitest'

/** A tracer whose spans are kept. */
export interface Recorder {
  readonly tracer: Tracer
  /** Those that have ended, the first to begin first. */
  spans(): ReadableSpan[]
}

/** Spans of a process of its own, as far as anybody can tell. */
export function recorder(sampler?: Sampler): Recorder {
  const kept = new InMemorySpanExporter()
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(kept)], ...(sampler && { sampler }) })
  provider.register({ propagator: null })
  const at = ({ startTime: [seconds, nanos] }: ReadableSpan) => seconds + nanos / 1e9
  return { tracer: provider.getTracer('test'), spans: () => kept.getFinishedSpans().toSorted((a, b) => at(a) - at(b)) }
}

export async function served(handler: Handler, options: PeerOptions = {}): Promise<Server> {
  const server = await listen(handler, { host: '127.0.0.1', port: 0 }, { grace: 500, ...options })
  onTestFinished(() => server.close())
  return server
}

export async function dialled(server: { host: string; port: number }, options: PeerOptions = {}): Promise<Peer> {
  const peer = await connect(server, { grace: 500, ...options })
  onTestFinished(() => peer.destroy())
  return peer
}
