import { EventEmitter } from 'node:events'
import { connect as connectSocket } from 'node:net'
import type { Socket } from 'node:net'
import { trace } from '@rpc-steps/trace'
import {
  codes,
  DisconnectedError,
  notificationText,
  requestText,
  resultOf,
  RpcError,
} from '@rpc-steps/wire'
import type { Id, Json, Params, Reply } from '@rpc-steps/wire'
import { tell } from './callback.ts'
import type { Callback } from './callback.ts'
import { Connection } from './connection.ts'
import type { ConnectionOptions } from './connection.ts'
import { OverflowError } from './outbox.ts'
import { tracedCall } from './traced.ts'

/** Whom to connect to, and how. */
export interface ClientOptions extends ConnectionOptions {
  host?: string
  port: number
}

/** Connects, and calls back with the client. Errors: ECONNREFUSED ... (connect(2)). */
export function connect(options: ClientOptions, callback: Callback<Client>): void {
  let client: Client
  const socket = connectSocket({
    host: options.host ?? '127.0.0.1',
    port: options.port,
    noDelay: true,
    // Every chunk is read into this one buffer. That is safe, because a chunk is done
    // with when `receive` returns; without it Node allocates 64 KiB for each.
    onread: {
      buffer: Buffer.allocUnsafeSlow(64 * 1024),
      callback(length, buffer) {
        client.receive((buffer as Buffer).subarray(0, length))
        return true
      },
    },
  })
  socket.once('error', callback)
  socket.once('connect', () => {
    socket.off('error', callback)
    client = new Client(socket, options)
    callback(null, client)
  })
}

/**
 * Makes calls over one connection, as many at once as you like. After `call` has
 * returned false it emits `drain` when calls may go on, and when the connection is
 * gone, `close`.
 */
export class Client extends EventEmitter<{ drain: []; close: [] }> {
  readonly #connection: Connection
  readonly #port: number
  /** The calls in flight, by the id that their replies will carry. */
  readonly #pending = new Map<Id, Callback<Json>>()
  #lastId = 0
  #ended = false
  #strays = 0

  /** @internal */
  constructor(socket: Socket, options: ClientOptions) {
    super()
    this.#port = socket.localPort ?? 0
    this.#connection = new Connection(
      socket,
      {
        request: (_, respond) => respond(new RpcError(codes.methodNotFound, 'Method not found')),
        reply: (reply) => this.#settle(reply),
        drain: () => this.emit('drain'),
        end: (error) => this.#lost(error),
      },
      { framing: 'content-length', ...options },
    )
    socket.on('close', () => this.emit('close'))
  }

  /** Calls that have been made and have no outcome yet. */
  get pending(): number {
    return this.#pending.size
  }

  /** Replies to no call of ours; they are ignored. */
  get strays(): number {
    return this.#strays
  }

  // #region call
  /**
   * Calls a method, and returns before anything has happened. Returns false when the
   * server does not keep up: then wait for `drain` before making more calls. Errors:
   * RpcError from the server, DisconnectedError, TypeError if the parameters are no
   * JSON, OverflowError if `drain` was not waited for.
   */
  call(method: string, params: Params | undefined, callback: Callback<Json>): boolean {
    const id = ++this.#lastId
    if (trace.on) callback = tracedCall(method, this.#port, id, callback)
    try {
      if (this.#ended) throw new DisconnectedError('the connection is closed')
      const more = this.#connection.send(requestText(id, method, params))
      this.#pending.set(id, callback)
      return more
    } catch (error) {
      // Known already, but not told yet: the lines after this call have not run.
      process.nextTick(callback, error)
      return !(error instanceof OverflowError)
    }
  }
  // #endregion

  /** Sends a notification, which has no reply. Throws what `call` calls back with. */
  notify(method: string, params?: Params): boolean {
    if (this.#ended) throw new DisconnectedError('the connection is closed')
    return this.#connection.send(notificationText(method, params))
  }

  /** Takes a chunk of the stream. @internal */
  receive(chunk: Buffer): void {
    this.#connection.receive(chunk)
  }

  // #region settle
  #settle(reply: Reply): void {
    const callback = this.#pending.get(reply.id)
    if (!callback) {
      this.#strays++
      return
    }
    this.#pending.delete(reply.id)
    let result
    let failed = null
    try {
      result = resultOf(reply)
    } catch (error) {
      failed = error as RpcError
    }
    tell(callback, failed, result)
    this.#endIfDone()
  }

  /** No reply can come any more, and nobody must be left waiting. */
  #lost(cause?: Error): void {
    this.#ended = true
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const callback of pending) {
      tell(callback, new DisconnectedError(undefined, cause))
    }
  }
  // #endregion

  /** Makes no more calls, and closes when those in flight have their outcome. */
  end(): void {
    this.#ended = true
    this.#endIfDone()
  }

  #endIfDone(): void {
    if (this.#ended && this.#pending.size === 0) this.#connection.end()
  }

  /** Closes now; the calls in flight get a DisconnectedError. */
  destroy(): void {
    this.#ended = true
    this.#connection.destroy()
  }
}
