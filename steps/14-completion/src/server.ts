import { openListening, portOf, run } from '@rpc-steps/event-loop'
import type { After, Handler, ServerOptions } from '@rpc-steps/event-loop'
import { completionFlags, EAGAIN, ECANCELED, ECONNABORTED, EINTR } from '@rpc-steps/sockets'
import type { Address } from '@rpc-steps/sockets'
import { trace } from '@rpc-steps/trace'
import type { Request, Respond } from '@rpc-steps/wire'
import { Connection } from './connection.ts'
import type { Loop } from './loop.ts'
import type { Listener } from './rings.ts'

/** Milliseconds without accepting anybody, when that has failed and no connection closes. */
const restTime = 100

/** Listens. Throws SystemError EADDRINUSE, EACCES ... (bind(2)); RangeError if the address is none. */
export function listen(loop: Loop, handler: Handler, options: ServerOptions = {}): Server {
  const fd = openListening(loop.syscalls, options)
  try {
    return new Server(loop, fd, handler, options)
  } catch (error) {
    loop.syscalls.close(fd)
    throw error
  }
}

/** Accepts clients and answers them. */
export class Server {
  readonly host: string
  readonly port: number
  readonly #loop: Loop
  readonly #fd: number
  readonly #handler: Handler
  readonly #options: ServerOptions
  readonly #connections = new Set<Connection>()
  readonly #after: After
  /** The number of the accept that is in flight; 0 for none. */
  #accepting = 0
  #resting = false
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
    this.#accept()
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#connections.size
  }

  // #region accept
  /** One accept is enough for all who will ever come, until it ends. */
  #accept(): void {
    this.#accepting = this.#loop.rings.accept(this.#fd, this.#accepted)
  }

  readonly #accepted: Listener = {
    completed: (fd, flags) => {
      if (!(flags & completionFlags.more)) this.#accepting = 0
      if (fd >= 0) this.#welcome(fd)
      else if (fd !== EINTR && fd !== EAGAIN && fd !== ECONNABORTED && fd !== ECANCELED) this.#rest()
      this.#goOn()
    },
    failed: () => this.#rest(), // one who could not be welcomed
  }

  /**
   * EMFILE, say: no file descriptor is left. The client stays in the queue, so another accept would
   * fail at once. We try again when one of our connections has closed, or a little later.
   */
  #rest(): void {
    if (this.#resting) return
    this.#resting = true
    this.#loop.after(restTime, () => this.#wakeUp())
  }

  #wakeUp(): void {
    this.#resting = false
    this.#goOn()
  }

  #goOn(): void {
    if (this.#accepting !== 0) return
    if (!this.#listening) this.#closeDoor()
    else if (!this.#resting) this.#accept()
  }
  // #endregion

  #welcome(fd: number): void {
    const loop = this.#loop
    if (!this.#listening) return void loop.syscalls.close(fd)
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
    if (this.#listening) this.#wakeUp()
    this.#callBackIfClosed()
  }

  /** Accepts nobody any more, answers the calls in flight, closes, then calls back. */
  close(callback: () => void = () => {}): void {
    this.#closing.push(callback)
    if (this.#listening) {
      this.#listening = false
      if (this.#accepting === 0) this.#closeDoor()
      else this.#loop.rings.cancel(this.#accepting)
      for (const { session } of this.#connections) session.close()
    }
    this.#callBackIfClosed()
  }

  #doorIsOpen = true

  #closeDoor(): void {
    if (!this.#doorIsOpen) return
    this.#doorIsOpen = false
    this.#loop.syscalls.close(this.#fd)
    this.#callBackIfClosed()
  }

  #callBackIfClosed(): void {
    if (this.#connections.size > 0 || this.#doorIsOpen) return
    for (const callback of this.#closing.splice(0)) this.#loop.defer(callback)
  }
}
