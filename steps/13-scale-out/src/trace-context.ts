import { createTraceState, isSpanContextValid, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import type { Context, SpanContext } from '@opentelemetry/api'
import { parseTraceParent } from '@opentelemetry/core'
import type { Extras } from '@rpc-steps/wire'

/** What says of which trace a request is, as it stands on the wire, or in headers of these names: W3C Trace Context. */
export type TraceContext = Pick<Extras, 'traceparent' | 'tracestate'>

/** Characters of either that are looked at: a `traceparent` has 55, and so many of a `tracestate` are to be passed on. */
const most = 512

// #region extract
/**
 * The context of whoever asks, to be the parent of a span. What is not as W3C Trace Context has it begins a trace of
 * its own (section 4.3): it comes from the other end, may be anything, and is no reason to refuse a request.
 */
export function contextOf({ traceparent, tracestate }: { [name in keyof TraceContext]?: unknown }): Context {
  // Never of the active context: in a connection that is the one of whoever has opened it.
  if (typeof traceparent !== 'string' || traceparent.length > most) return ROOT_CONTEXT
  const parent = parseTraceParent(traceparent)
  if (!parent) return ROOT_CONTEXT
  const spanContext: SpanContext = { ...parent, isRemote: true }
  if (typeof tracestate === 'string' && tracestate.length <= most) spanContext.traceState = createTraceState(tracestate)
  return trace.setSpanContext(ROOT_CONTEXT, spanContext)
}
// #endregion

/** What is written beside a request that is made inside of this span; undefined if nobody traces. */
export function traceContextOf(span: SpanContext): TraceContext | undefined {
  if (!isSpanContextValid(span)) return undefined
  const { traceId, spanId, traceFlags, traceState } = span
  // One of the flags has a meaning in this version; the others are not passed on (section 3.2.2.5.2).
  const traceparent = `00-${traceId}-${spanId}-0${traceFlags & 1}`
  const tracestate = traceState?.serialize()
  return tracestate ? { traceparent, tracestate } : { traceparent }
}
