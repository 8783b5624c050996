import { trace } from '@rpc-steps/trace'
import { DisconnectedError } from '@rpc-steps/wire'
import type { Json } from '@rpc-steps/wire'
import type { Callback } from './callback.ts'
import type { Handler } from './handler.ts'

/** A handler that also records when a request came, what ran, and when it was answered. */
export function tracedHandler(handler: Handler, port: number): Handler {
  return (request, respond) => {
    const { method, id } = request
    if (id !== undefined) trace.requestReceived(method, port, id)
    const run = (what: () => void) => trace.ran(method, port, id, what)
    let returned = false
    run(() =>
      handler(request, (error, result) => {
        const reply = () => {
          respond(error, result)
          if (id !== undefined) trace.replySent(method, port, id)
        }
        if (returned) run(reply)
        else reply()
      }),
    )
    returned = true
  }
}

/** Records that a call was made, and returns a callback that also records its end. */
export function tracedCall(
  method: string,
  port: number,
  id: number,
  callback: Callback<Json>,
): Callback<Json> {
  trace.called(method, port, id)
  trace.requestSent(port, id)
  return (error, result) => {
    if (!(error instanceof DisconnectedError)) trace.replyReceived(port, id)
    trace.settled(method, port, id)
    trace.ran(method, port, id, () => callback(error, result))
  }
}
