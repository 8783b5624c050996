import { context, SpanKind, trace } from '@opentelemetry/api'
import type { Tracer } from '@opentelemetry/api'
import type { Call, Json } from '@rpc-steps/async-await'
import type { Remote } from '@rpc-steps/standards'
import { Observed } from './observed.ts'
import { begin, end } from './spans.ts'
import { beside, traced } from './tracing.ts'

/** The same way to a service. A stream has one span, from when its first item is wanted until its last has come. */
export function tracedRemote(remote: Remote, tracer: Tracer): Remote {
  return {
    call: traced(remote.call, tracer),
    upload(method, params, up, options) {
      const call: Call = (method, params, options) => remote.upload(method, params, up, options)
      return traced(call, tracer)(method, params, options)
    },
    stream: (method, params, options) => ({
      [Symbol.asyncIterator]() {
        const parent = context.active()
        const span = begin(tracer, method, SpanKind.CLIENT, parent)
        const within = trace.setSpan(parent, span)
        const items = remote.stream(method, params, beside(span, options))[Symbol.asyncIterator]()
        const asked: AsyncIterator<Json> = {
          next: () => context.with(within, () => items.next()),
          return: () => items.return?.() ?? Promise.resolve({ done: true, value: undefined }),
        }
        return new Observed(asked, 'received', span, (error) => end(span, error))
      },
    }),
    close: () => remote.close(),
  }
}
