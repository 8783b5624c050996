import { randomUUID } from 'node:crypto'
import { openSync, writeSync } from 'node:fs'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Tracer } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-node'
import { UsageError } from '@rpc-steps/cli'

/** Where the spans of a program go, as its command line says. */
export interface ExportOptions {
  /** To a collector, by OTLP over HTTP. */
  otlp?: string | undefined
  /** To a file, a line of OTLP's JSON each. */
  spans?: string | undefined
}

/** What a program records its spans with. */
export interface Exporting {
  readonly tracer: Tracer
  /** To be called at the end. Resolves when all spans have gone, or cannot; after `patience` in any case. Never rejects. */
  close(): Promise<void>
}

/** Milliseconds that a collector has to take what it is sent. */
const patience = 2_000

// #region exporting
/**
 * Has this process record spans; undefined if nobody asked for them. Throws UsageError, and if the file cannot be
 * written.
 */
export function exporting(name: string, { otlp, spans }: ExportOptions): Exporting | undefined {
  if (otlp === undefined && spans === undefined) return undefined
  const collector = otlp === undefined ? undefined : toCollector(addressOf(otlp))
  const processors = [collector?.processor, spans === undefined ? undefined : toFile(spans)].filter((one) => one !== undefined)
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': name, 'service.instance.id': randomUUID(), 'process.pid': process.pid }),
    spanProcessors: processors,
    // What a peer has sent may stand in an attribute.
    spanLimits: { attributeValueLengthLimit: 1024 },
  })
  // What rides on the wire is ours to say, so no propagator is needed; only a variable that follows what is asynchronous.
  provider.register({ propagator: null })
  return {
    tracer: provider.getTracer('rpc-steps'),
    async close() {
      let timer: NodeJS.Timeout | undefined
      const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, patience)))
      await Promise.race([provider.shutdown().catch(() => {}), enough])
      clearTimeout(timer)
      collector?.hangUp()
    },
  }
}
// #endregion

function toCollector(url: URL): { processor: SpanProcessor; hangUp(): void } {
  const agent = new (url.protocol === 'https:' ? HttpsAgent : HttpAgent)({ keepAlive: true })
  const exporter = new OTLPTraceExporter({
    url: url.href,
    timeoutMillis: patience,
    // The queue of the processor is four requests at once at the end; a slow collector has no more than twice that in flight.
    concurrencyLimit: 8,
    httpAgentOptions: () => agent,
  })
  const processor = new BatchSpanProcessor(telling(exporter, url), { scheduledDelayMillis: 1_000, exportTimeoutMillis: patience })
  // A collector that sends its answer byte by byte is never idle, and one that has hung up is asked again.
  const hangUp = () => {
    Object.assign(agent, { createConnection: refuse })
    agent.destroy()
  }
  return { processor, hangUp }
}

function refuse(): never {
  throw new Error('the program is over')
}

/** The same, which says once that spans are lost. */
function telling(exporter: SpanExporter, url: URL): SpanExporter {
  let told = false
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        if (result.error && !told) {
          told = true
          console.error(`spans are lost, because ${url.href} does not take them: ${result.error.message || result.error.name}`)
        }
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
  }
}

/** As the specification of OTLP exporters has it: of a collector, the path of traces is added. */
function addressOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new UsageError(`--otlp must be a URL like http://127.0.0.1:4318, not ${JSON.stringify(text)}`)
  }
  if (url.pathname === '/') url.pathname = '/v1/traces'
  return url
}

/** A line for each span, written when it ends: of a process that is killed, those are there that had ended. */
function toFile(file: string): SpanProcessor {
  const fd = openSync(file, 'w')
  return new SimpleSpanProcessor({
    export(spans, done) {
      writeSync(fd, `${Buffer.from(JsonTraceSerializer.serializeRequest(spans)!).toString()}\n`)
      done({ code: 0 })
    },
    shutdown: () => Promise.resolve(),
  })
}
