import { check, checkAddress, EAGAIN, ECONNABORTED, EINTR } from '@rpc-steps/sockets'
import type { Address, Syscalls } from '@rpc-steps/sockets'
import { trace } from '@rpc-steps/trace'
import type { SessionOptions } from '@rpc-steps/session'
import type { Request, Respond } from '@rpc-steps/wire'
import { Connection } from './connection.ts'
import { run } from './handler.ts'
import type { After, Handler } from './handler.ts'
import type { Loop, Watcher } from './loop.ts'
import { READ } from './selector.ts'

/** Where, and how. Port 0, the default, is any that is free. */
export interface ServerOptions extends SessionOptions {
  host?: string
  port?: number
}

/** Milliseconds without accepting anybody, when that has failed and no connection closes. */
const restTime = 100
/** Clients accepted in one turn, so that a crowd at the door does not stop the work inside. */
const acceptsPerTurn = 64

/** Listens. Throws SystemError EADDRINUSE, EACCES ... (bind(2)); RangeError if the address is none. */
export function listen(loop: Loop, handler: Handler, options: ServerOptions = {}): Server {
  const { syscalls } = loop
  const fd = openListening(syscalls, options)
  try {
    check(syscalls.setNonBlocking(fd, true), 'fcntl')
    return new Server(loop, fd, handler, options)
  } catch (error) {
    syscalls.close(fd)
    throw error
  }
}

/** Makes a socket that listens, and blocks. Throws as `listen` does. */
export function openListening(syscalls: Syscalls, { host = '127.0.0.1', port = 0 }: ServerOptions): number {
  const address = checkAddress({ host, port })
  const fd = check(syscalls.socket(), 'socket')
  try {
    // Or the port would stay taken for a minute after a server has ended: socket(7).
    check(syscalls.setOption(fd, 'reuseAddress', true), 'setsockopt')
    check(syscalls.bind(fd, address), 'bind', address)
    // A burst of clients waits in the kernel until we accept them.
    check(syscalls.listen(fd, 1024), 'listen', address)
    return fd
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
  readonly #after: After
  #listening = true
  /** Told when the last connection has gone. */
  #closing: (() => void)[] = []

  /** @internal */
  constructor(loop: Loop, fd: number, handler: Handler, options: ServerOptions) {
    const { host, port }: Address = loop.syscalls.localAddress(fd)
    this.host = host
    this.port = port
    this.#loop = loop
    this.#fd = fd
    this.#handler = handler
    this.#options = options
    this.#after = (ms, job) => void loop.after(ms, job)
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
    if (!this.#listening) return
    this.#loop.modify(this.#fd, 0)
    this.#loop.after(restTime, this.#goOn)
  }

  readonly #goOn = () => {
    try {
      if (this.#listening) this.#loop.modify(this.#fd, READ)
    } catch {
      this.#rest() // no room in the kernel for that either: clients keep coming, so we do not give up
    }
  }
  // #endregion

  #welcome(fd: number): void {
    const loop = this.#loop
    loop.syscalls.setNonBlocking(fd, true)
    loop.syscalls.setOption(fd, 'noDelay', true)
    const label = trace.on ? portOf(loop.syscalls, fd) : 0
    const handler = this.#handler
    const events = {
      request: (request: Request, respond: Respond) => run(handler, request, respond, this.#after, label),
      closed: () => this.#gone(connection),
    }
    let connection: Connection
    try {
      connection = new Connection(loop, fd, events, { framing: 'auto', label, ...this.#options })
    } catch (error) {
      loop.syscalls.close(fd)
      throw error
    }
    this.#connections.add(connection)
  }

  #gone(connection: Connection): void {
    this.#connections.delete(connection)
    this.#goOn()
    this.#callBackIfClosed()
  }

  /** Accepts nobody any more, answers the calls in flight, closes, then calls back. */
  close(callback: () => void = () => {}): void {
    this.#closing.push(callback)
    if (this.#listening) {
      this.#listening = false
      this.#loop.unwatch(this.#fd)
      this.#loop.syscalls.close(this.#fd)
      for (const { session } of this.#connections) session.close()
    }
    this.#callBackIfClosed()
  }

  #callBackIfClosed(): void {
    if (this.#connections.size > 0) return
    for (const callback of this.#closing.splice(0)) this.#loop.defer(callback)
  }

  /** One who could not be welcomed. */
  failed(): void {
    this.#rest()
  }
}

/** The port of the other end; 0 if it has left. */
export function portOf(syscalls: Syscalls, fd: number): number {
  try {
    return syscalls.remoteAddress(fd).port
  } catch {
    return 0 // gone already
  }
}
