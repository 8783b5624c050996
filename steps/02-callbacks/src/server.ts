import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Request, Respond } from '@rpc-steps/wire'
import type { Callback } from './callback.ts'
import { Connection } from './connection.ts'
import type { ConnectionOptions } from './connection.ts'
import type { Handler } from './handler.ts'
import { tracedHandler } from './traced.ts'

/** Where to listen, and how. `port` 0, the default, takes one that is free. */
export interface ServerOptions extends ConnectionOptions {
  host?: string
  port?: number
}

/** A server that listens. */
export interface Server {
  readonly host: string
  readonly port: number
  /** Connections that are open. */
  readonly connections: number
  /** Accepts nobody any more, answers the calls in flight, closes, then calls back. */
  close(callback?: () => void): void
}

// #region listen
/** Listens, and calls back when clients can come. Errors: EADDRINUSE ... (bind(2)). */
export function listen(handler: Handler, options: ServerOptions, callback: Callback<Server>): void {
  const { host = '127.0.0.1', port = 0, log = console.error } = options
  const connections = new Set<Connection>()

  // Half-open, because a client may send its requests, end, and still want the replies.
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const label = socket.remotePort ?? 0
    const handle = tracedHandler(handler, label)
    const events = {
      request(request: Request, respond: Respond) {
        try {
          handle(request, respond)
        } catch (error) {
          respond(error)
        }
      },
      closed: () => void connections.delete(connection),
    }
    const connection = new Connection(socket, events, { framing: 'auto', label, ...options })
    connections.add(connection)
  })

  let closed = false
  listener.once('close', () => (closed = true))
  const close = (done = () => {}) => {
    if (closed) return process.nextTick(done)
    listener.once('close', done)
    if (listener.listening) listener.close()
    for (const { session } of connections) session.close()
  }

  listener.once('error', callback)
  // A burst of connections waits in the kernel until we accept them (listen(2)).
  listener.listen({ host, port, backlog: 1024 }, () => {
    listener.off('error', callback)
    // From here on an error concerns one connection that could not be accepted.
    listener.on('error', (error) => log(`accept: ${error.message}`))
    const { address, port } = listener.address() as AddressInfo
    callback(null, {
      host: address,
      port,
      close,
      get connections() {
        return connections.size
      },
    })
  })
}
// #endregion
