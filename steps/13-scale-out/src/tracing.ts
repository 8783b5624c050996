import { context, isSpanContextValid, SpanKind, trace } from '@opentelemetry/api'
import type { Span, Tracer } from '@opentelemetry/api'
import { isPromise } from '@rpc-steps/async-await'
import type { Call, CallOptions, Handler, RequestContext } from '@rpc-steps/async-await'
import { Observing } from './observed.ts'
import { begin, end } from './spans.ts'
import { contextOf, traceContextOf } from './trace-context.ts'

/**
 * A handler inside of a span, whose parent is the span of whoever asks. To be put outside of whatever makes requests
 * wait, so that the span has the waiting in it.
 */
export function traced(handler: Handler, tracer: Tracer): Handler
/** A call inside of a span, whose context goes with the request. Its parent is the span in which the call is made. */
export function traced(call: Call, tracer: Tracer): Call
export function traced(inner: Call | Handler, tracer: Tracer): Call | Handler {
  const call = tracedCall(inner as Call, tracer)
  const handler = tracedHandler(inner as Handler, tracer)
  // A call begins with the name of a method, a handler with a request.
  return ((first: never, second: never, third: never) =>
    typeof first === 'string' ? call(first, second, third) : handler(first, second)) as Call | Handler
}

// #region call
function tracedCall(call: Call, tracer: Tracer): Call {
  return (method, params, options) => {
    const parent = context.active()
    const span = begin(tracer, method, SpanKind.CLIENT, parent)
    if (!isSpanContextValid(span.spanContext())) return call(method, params, options)
    const answer = context.with(trace.setSpan(parent, span), call, undefined, method, params, beside(span, options))
    if (!span.isRecording()) return answer
    return answer.then(
      (result) => {
        end(span)
        return result
      },
      (error: unknown) => {
        end(span, error)
        throw error
      },
    )
  }
}

/** The options of a call that is made inside of a span. */
export function beside<T extends CallOptions>(span: Span, options?: T): T {
  const { extras, sent } = options ?? {}
  return {
    ...(options as T),
    extras: () => ({ ...extras?.(), ...traceContextOf(span.spanContext()) }),
    sent(peer, id) {
      span.setAttributes({ 'jsonrpc.request.id': String(id), 'network.local.port': peer.label })
      sent?.(peer, id)
    },
  }
}
// #endregion

// #region handler
function tracedHandler(handler: Handler, tracer: Tracer): Handler {
  return (request, asked) => {
    const { method, id } = request
    const more = id === undefined ? undefined : { 'jsonrpc.request.id': String(id ?? ''), 'network.peer.port': asked.label }
    const parent = contextOf(request)
    const span = begin(tracer, method, SpanKind.SERVER, parent, more)
    if (!isSpanContextValid(span.spanContext())) return handler(request, asked)
    const within = trace.setSpan(parent, span)
    if (!span.isRecording()) return context.with(within, handler, undefined, request, asked)
    try {
      const answer = context.with(within, handler, undefined, request, new Observing(asked, span))
      if (!isPromise(answer)) {
        end(span)
        return answer
      }
      // Who was told to stop has ended with that, whatever it gave back.
      const over = (error?: unknown) => end(span, reasonOf(asked) ?? error)
      return Promise.resolve(answer).then(
        (result) => {
          over()
          return result
        },
        (error: unknown) => {
          over(error ?? new Error('the handler rejected with nothing'))
          throw error
        },
      )
    } catch (error) {
      end(span, error)
      throw error
    }
  }
}

function reasonOf({ signal }: RequestContext): unknown {
  return signal.aborted ? signal.reason : undefined
}
// #endregion
