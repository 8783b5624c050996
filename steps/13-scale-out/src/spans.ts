import { SpanStatusCode } from '@opentelemetry/api'
import type { Attributes, Context, HrTime, Span, SpanKind, Tracer } from '@opentelemetry/api'
import { rowOf } from '@rpc-steps/standards'
import { DisconnectedError, RpcError } from '@rpc-steps/wire'

// Names are those of OpenTelemetry's semantic conventions 1.45, for RPC and for JSON-RPC.

/** Begins the span of a request. */
export function begin(tracer: Tracer, method: string, kind: SpanKind, parent: Context, more?: Attributes): Span {
  const attributes = { 'rpc.system.name': 'jsonrpc', 'rpc.method': method, 'jsonrpc.protocol.version': '2.0', ...more }
  return tracer.startSpan(method, { kind, startTime: now(), attributes }, parent)
}

/** Ends it; with an error, if the request has. */
export function end(span: Span, error?: unknown): void {
  if (error !== undefined) fail(span, error)
  span.end(now())
}

function fail(span: Span, error: unknown): void {
  const { message } = error instanceof Error ? error : new Error(String(error))
  const { code } = error as { code?: unknown }
  const status = statusOf(error)
  span.setStatus({ code: SpanStatusCode.ERROR, message })
  span.setAttribute('error.type', status)
  if (error instanceof RpcError) span.setAttribute('rpc.response.status_code', String(code))
}

/** By the table of step 12. What has no status there goes by the name of its class. */
function statusOf(error: unknown): string {
  if (error instanceof DisconnectedError) return 'UNAVAILABLE'
  return error instanceof RpcError ? rowOf(error).status : error instanceof Error ? error.name : typeof error
}

const origin = performance.timeOrigin

/**
 * The time since 1970 on a clock that never goes back. That of the SDK counts milliseconds at the beginning of a span,
 * so that an answer could come before its request is sent.
 */
export function now(): HrTime {
  const ms = origin + performance.now()
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)]
}
