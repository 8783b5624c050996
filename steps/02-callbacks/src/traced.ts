import { trace } from '@rpc-steps/trace'
import type { Handler } from './handler.ts'

/** A handler that also records when the thread ran for it: at once, and when it responds later. */
export function tracedHandler(handler: Handler, label: number): Handler {
  if (!trace.on) return handler
  return (request, respond) => {
    const run = (what: () => void) => trace.ran(request.method, label, request.id, what)
    let returned = false
    run(() =>
      handler(request, (error, result) => {
        if (returned) run(() => respond(error, result))
        else respond(error, result)
      }),
    )
    returned = true
  }
}
