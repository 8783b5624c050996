import { SpanKind } from '@opentelemetry/api'
import type { Tracer } from '@opentelemetry/api'
import type { Broker } from './broker.ts'
import { end, now } from './spans.ts'
import { contextOf, traceContextOf } from './trace-context.ts'

// Names: OpenTelemetry's semantic conventions for messaging, 1.45.

// #region broker
/**
 * The same broker. To publish what belongs to a trace is a span of its own, in which the subject stands: a request has
 * a moment at which it was left with the broker, and from then on nobody knows who will take it.
 */
export function tracedBroker(broker: Broker, tracer: Tracer, system = 'nats'): Broker {
  return {
    get maxPayload() {
      return broker.maxPayload
    },
    get up() {
      return broker.up
    },
    get room() {
      return broker.room
    },
    publish(subject, text, options = {}) {
      const { headers } = options
      // Credit, items and answers belong to a request whose span there is already.
      if (headers?.['traceparent'] === undefined) return broker.publish(subject, text, options)
      const attributes = {
        'messaging.system': system,
        'messaging.operation.name': 'publish',
        'messaging.operation.type': 'send',
        'messaging.destination.name': subject,
        'messaging.message.body.size': text.length,
      }
      const span = tracer.startSpan(`publish ${subject}`, { kind: SpanKind.PRODUCER, startTime: now(), attributes }, contextOf(headers))
      try {
        broker.publish(subject, text, { ...options, headers: { ...headers, ...traceContextOf(span.spanContext()) } })
        end(span)
      } catch (error) {
        end(span, error)
        throw error
      }
    },
    subscribe: (subject, listener, options) => broker.subscribe(subject, listener, options),
    flush: () => broker.flush(),
    onLost: (listener) => broker.onLost(listener),
    close: () => broker.close(),
  }
}
// #endregion
