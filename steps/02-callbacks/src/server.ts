import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { trace } from '@rpc-steps/trace'
import type { Callback } from './callback.ts'
import { Connection } from './connection.ts'
import type { ConnectionOptions } from './connection.ts'
import type { Handler } from './handler.ts'
import { tracedHandler } from './traced.ts'

/** Where to listen, and how. `port` 0, the default, takes one that is free. */
export interface ServerOptions extends ConnectionOptions {
  host?: string
  port?: number
  /** Milliseconds that `stop` leaves to the calls in flight. Default 3,000. */
  graceTime?: number
}

/** A server that listens. */
export interface Server {
  readonly host: string
  readonly port: number
  /** Connections that are open. */
  readonly connections: number
  /** Accepts nobody any more, answers the calls in flight, closes, then calls back. */
  stop(callback?: () => void): void
}

// #region listen
/** Listens, and calls back when clients can come. Errors: EADDRINUSE ... (bind(2)). */
export function listen(
  handler: Handler,
  options: ServerOptions,
  callback: Callback<Server>,
): void {
  const { host = '127.0.0.1', port = 0, graceTime = 3_000 } = options
  const connections = new Set<Connection>()

  const handle: Handler = (request, respond) => {
    try {
      handler(request, respond)
    } catch (error) {
      respond(error)
    }
  }

  // Half-open, because a client may send its requests, end, and still want the replies.
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const request = trace.on ? tracedHandler(handle, socket.remotePort ?? 0) : handle
    const connection = new Connection(socket, { request }, options)
    connections.add(connection)
    socket.on('data', (chunk) => connection.receive(chunk))
    socket.on('close', () => connections.delete(connection))
  })

  const stop = (done = () => {}) => {
    const destroyAll = () => connections.forEach((connection) => connection.destroy())
    const timer = setTimeout(destroyAll, graceTime)
    listener.close(() => (clearTimeout(timer), done()))
    for (const connection of connections) connection.end()
  }

  listener.once('error', callback)
  // A burst of connections waits in the kernel until we accept them (listen(2)).
  listener.listen({ host, port, backlog: 1024 }, () => {
    listener.off('error', callback)
    // From here on an error concerns one connection that could not be accepted.
    listener.on('error', (error) => console.error(`accept: ${error.message}`))
    const { address, port } = listener.address() as AddressInfo
    callback(null, {
      host: address,
      port,
      stop,
      get connections() {
        return connections.size
      },
    })
  })
}
// #endregion
