import { check, checkAddress, EAGAIN, ECONNABORTED, EINTR } from '@rpc-steps/sockets'
import type { Address } from '@rpc-steps/sockets'
import { trace } from '@rpc-steps/trace'
import type { Request, Respond } from '@rpc-steps/wire'
import { Connection } from './connection.ts'
import type { ConnectionOptions } from './connection.ts'
import type { Loop, Watcher } from './loop.ts'
import { READ } from './selector.ts'
import { tracedHandler } from './traced.ts'

/**
 * Answers one request: starts whatever takes time, returns, and calls `respond` when it is
 * done. What it throws is answered with "Internal error", and so is what a job throws that it
 * has left to `after`.
 */
export type Handler = (request: Request, respond: Respond, after: After) => void

/** Does something once, `ms` milliseconds from now. */
export type After = (ms: number, job: () => void) => void

/** Where, and how. Port 0, the default, is any that is free. */
export interface ServerOptions extends ConnectionOptions {
  host?: string
  port?: number
  /** Milliseconds that `stop` leaves to the calls in flight. Default 3,000. */
  graceTime?: number
}

/** Milliseconds without accepting anybody, when that has failed and no connection closes. */
const restTime = 100
/** Clients accepted in one turn, so that a crowd at the door does not stop the work inside. */
const acceptsPerTurn = 64

/** Listens. Throws SystemError EADDRINUSE, EACCES ... (bind(2)); RangeError if the address is none. */
export function listen(loop: Loop, handler: Handler, options: ServerOptions = {}): Server {
  const { syscalls } = loop
  const address = checkAddress({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 })
  const fd = check(syscalls.socket(), 'socket')
  try {
    // Or the port would stay taken for a minute after a server has ended: socket(7).
    check(syscalls.setOption(fd, 'reuseAddress', true), 'setsockopt')
    check(syscalls.setNonBlocking(fd, true), 'fcntl')
    check(syscalls.bind(fd, address), 'bind', address)
    // A burst of clients waits in the kernel until we accept them.
    check(syscalls.listen(fd, 1024), 'listen', address)
    return new Server(loop, fd, handler, options)
  } catch (error) {
    syscalls.close(fd)
    throw error
  }
}

/** Accepts clients and answers them. */
export class Server implements Watcher {
  readonly host: string
  readonly port: number
  readonly #loop: Loop
  readonly #fd: number
  readonly #handler: Handler
  readonly #options: ServerOptions
  readonly #connections = new Set<Connection>()
  #listening = true
  #whenEmpty: (() => void) | undefined

  /** @internal */
  constructor(loop: Loop, fd: number, handler: Handler, options: ServerOptions) {
    const { host, port }: Address = loop.syscalls.localAddress(fd)
    this.host = host
    this.port = port
    this.#loop = loop
    this.#fd = fd
    this.#handler = handler
    this.#options = options
    loop.watch(fd, READ, this)
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#connections.size
  }

  // #region accept
  readable(): void {
    const { syscalls } = this.#loop
    for (let i = 0; i < acceptsPerTurn; i++) {
      const fd = syscalls.accept(this.#fd)
      if (fd >= 0) this.#welcome(fd)
      else if (fd === EAGAIN) return
      else if (fd !== EINTR && fd !== ECONNABORTED) return this.#rest()
    }
  }

  /**
   * EMFILE, say: no file descriptor is left. The client stays in the queue, so the listening
   * socket stays readable, and to ask again at once is to spin. We ask again when one of our
   * connections has closed, or a little later.
   */
  #rest(): void {
    this.#loop.modify(this.#fd, 0)
    this.#loop.after(restTime, this.#goOn)
  }

  readonly #goOn = () => {
    if (this.#listening) this.#loop.modify(this.#fd, READ)
  }
  // #endregion

  #welcome(fd: number): void {
    const loop = this.#loop
    loop.syscalls.setNonBlocking(fd, true)
    loop.syscalls.setOption(fd, 'noDelay', true)
    const handler = trace.on ? tracedHandler(this.#handler, portOf(loop, fd)) : this.#handler
    const connection = new Connection(
      loop,
      fd,
      {
        request: (request, respond) => {
          try {
            handler(request, respond, (ms, job) => later(loop, ms, respond, job))
          } catch (error) {
            respond(error)
          }
        },
        reply() {}, // to no request of ours
        drain() {},
        close: () => this.#gone(connection),
      },
      this.#options,
    )
    this.#connections.add(connection)
  }

  #gone(connection: Connection): void {
    this.#connections.delete(connection)
    this.#goOn()
    if (this.#connections.size === 0) this.#whenEmpty?.()
  }

  /** Accepts nobody any more, answers the calls in flight, closes, then calls back. */
  stop(callback: () => void = () => {}): void {
    if (!this.#listening) return
    this.#listening = false
    this.#loop.unwatch(this.#fd)
    this.#loop.syscalls.close(this.#fd)
    const patience = this.#loop.after(this.#options.graceTime ?? 3_000, () => {
      for (const connection of this.#connections) connection.destroy()
    })
    for (const connection of this.#connections) connection.end()
    this.#whenEmpty = () => {
      this.#loop.cancel(patience)
      this.#loop.defer(callback)
    }
    if (this.#connections.size === 0) this.#whenEmpty()
  }

  /** Clients keep coming whatever went wrong, so we must not give up, and not spin. */
  failed(): void {
    this.#rest()
  }
}

/** Whenever a handler throws, its caller is told, and nobody else. */
function later(loop: Loop, ms: number, respond: Respond, job: () => void): void {
  loop.after(ms, () => {
    try {
      job()
    } catch (error) {
      respond(error)
    }
  })
}

function portOf(loop: Loop, fd: number): number {
  try {
    return loop.syscalls.remoteAddress(fd).port
  } catch {
    return 0 // gone already
  }
}
