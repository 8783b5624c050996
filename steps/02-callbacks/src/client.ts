import { EventEmitter } from 'node:events'
import type { Session } from '@rpc-steps/session'
import { trace } from '@rpc-steps/trace'
import { codes, DisconnectedError, RpcError } from '@rpc-steps/wire'
import type { Json, Params } from '@rpc-steps/wire'
import { tell } from './callback.ts'
import type { Callback, Later } from './callback.ts'
import { Connection, openSocket } from './connection.ts'
import type { ConnectionEvents, ConnectionOptions } from './connection.ts'

/** Whom to connect to, and how. */
export interface ClientOptions extends ConnectionOptions {
  host?: string
  port: number
}

// #region connect
/** Connects, and calls back with the client. Errors: ECONNREFUSED ... (connect(2)). */
export function connect(options: ClientOptions, callback: Callback<Client>): void {
  const socket = openSocket(options)
  socket.once('error', callback)
  socket.once('connect', () => {
    socket.off('error', callback)
    const label = socket.localPort ?? 0
    const open = (events: ConnectionEvents) => {
      return new Connection(socket, events, { label, ...options }).session
    }
    callback(null, new Client(open, label, process.nextTick))
  })
}
// #endregion

/**
 * Makes calls over one connection, as many at once as you like. After `call` has returned false it
 * emits `drain` when calls may go on, and when the connection is gone, `close` with what ended it.
 */
export class Client extends EventEmitter<{ drain: []; close: [cause: unknown] }> {
  readonly #session: Session
  readonly #label: number
  readonly #later: Later

  /** @internal */
  constructor(open: (events: ConnectionEvents) => Session, label: number, later: Later) {
    super()
    this.#label = label
    this.#later = later
    this.#session = open({
      request: (_, respond) => respond(new RpcError(codes.methodNotFound, 'Method not found')),
      drain: () => void this.emit('drain'),
      closed: (cause) => void this.emit('close', cause),
    })
  }

  // #region call
  /**
   * Calls a method, and returns before anything has happened. Returns false when the server does
   * not keep up: the call waits for room, so wait for `drain` before making more. Errors: RpcError
   * from the server, DisconnectedError, OverflowError if it is too large, TypeError if the
   * parameters are no JSON.
   */
  call(method: string, params: Params | undefined, callback: Callback<Json>): boolean {
    try {
      const { id } = this.#session.call(method, params, (error, result) => {
        // Whoever ends the connection is not called back before `destroy` returns.
        if (error instanceof DisconnectedError) this.#later(() => this.#tell(method, id, callback, error))
        else this.#tell(method, id, callback, error, result)
      })
    } catch (error) {
      // Known already, but not told yet: the lines after this call have not run.
      this.#later(() => callback(error as Error, undefined as never))
    }
    return !this.#session.holdsBack
  }

  #tell(method: string, id: unknown, callback: Callback<Json>, error: Error | null, result?: Json): void {
    if (!trace.on) return tell(this.#later, callback, error, result)
    trace.ran(method, this.#label, id, () => tell(this.#later, callback, error, result))
  }
  // #endregion

  /** Sends a notification, which has no reply. Returns as `call` does; throws what `call` calls back with. */
  notify(method: string, params?: Params): boolean {
    this.#session.notify(method, params)
    return !this.#session.holdsBack
  }

  /** Calls that have no outcome yet. */
  get pending(): number {
    return this.#session.stats.pending
  }

  /** Replies to no call of ours; they are ignored. */
  get unknownReplies(): number {
    return this.#session.stats.unknownReplies
  }

  /** Makes no more calls, and ends the connection when those in flight have their outcome. */
  close(): void {
    this.#session.close()
  }

  /** Ends the connection now; the calls in flight get a DisconnectedError. */
  destroy(): void {
    this.#session.destroy()
  }
}
