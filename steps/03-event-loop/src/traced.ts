import { trace } from '@rpc-steps/trace'
import { DisconnectedError } from '@rpc-steps/wire'
import type { Json } from '@rpc-steps/wire'
import type { Callback } from './callback.ts'
import type { Handler } from './server.ts'

/** A handler that also records when a request came, when it ran, and when its reply left. */
export function tracedHandler(handler: Handler, port: number): Handler {
  return (request, respond, after) => {
    const { method, id } = request
    if (id !== undefined) trace.requestReceived(method, port, id)
    trace.ran(method, port, id, () =>
      handler(
        request,
        (error, result) => {
          respond(error, result)
          if (id !== undefined) trace.replySent(method, port, id)
        },
        (ms, job) => after(ms, () => trace.ran(method, port, id, job)),
      ),
    )
  }
}

/** Records that a call was made, and returns a callback that also records its outcome. */
export function tracedCall(
  method: string,
  port: number,
  id: number,
  callback: Callback<Json>,
): Callback<Json> {
  trace.called(method, port, id)
  trace.requestSent(port, id)
  return (...outcome) => {
    if (!(outcome[0] instanceof DisconnectedError)) trace.replyReceived(port, id)
    trace.settled(method, port, id)
    trace.ran(method, port, id, () => callback(...outcome))
  }
}
