import { check, checkAddress, EINPROGRESS, EINTR, ENOTCONN, SystemError } from '@rpc-steps/sockets'
import type { Syscalls } from '@rpc-steps/sockets'
import { trace } from '@rpc-steps/trace'
import { codes, DisconnectedError, notificationText, requestText, resultOf, RpcError } from '@rpc-steps/wire'
import type { Json, Params, Reply } from '@rpc-steps/wire'
import type { Callback } from './callback.ts'
import { Connection } from './connection.ts'
import type { ConnectionOptions } from './connection.ts'
import type { Loop } from './loop.ts'
import { WRITE } from './selector.ts'
import { tracedCall } from './traced.ts'

/** Where to, and how. */
export interface ClientOptions extends ConnectionOptions {
  /** Four numbers, or `localhost`. Default 127.0.0.1. */
  host?: string
  port: number
  /** Calls may go on after `call` has returned false. */
  onDrain?: () => void
  /** The connection is gone; `error` is missing if that was in order. */
  onClose?: (error?: Error) => void
}

// #region connect
/**
 * Connects without waiting, and calls back with the client. Errors: SystemError ECONNREFUSED,
 * ETIMEDOUT ... (connect(2)). Throws RangeError if the address is none.
 */
export function connect(loop: Loop, options: ClientOptions, callback: Callback<Client>): void {
  const { syscalls } = loop
  const address = checkAddress({ host: options.host ?? '127.0.0.1', port: options.port })
  const fd = check(syscalls.socket(), 'socket')
  syscalls.setNonBlocking(fd, true)
  syscalls.setOption(fd, 'noDelay', true)

  let client: Client | undefined
  const decided = (error: number) => {
    loop.unwatch(fd)
    if (error < 0) {
      syscalls.close(fd)
      callback(new SystemError(error, 'connect', address), undefined)
    } else {
      callback(null, (client = new Client(loop, fd, options)))
    }
  }
  const begun = syscalls.connect(fd, address)
  const goesOn = begun === 0 || begun === EINPROGRESS || begun === EINTR
  loop.watch(fd, goesOn ? WRITE : 0, {
    writable() {
      const error = syscalls.getOption(fd, 'error')
      if (error < 0 || isConnected(syscalls, fd)) decided(error)
    },
    failed: () => client?.destroy(),
  })
  if (!goesOn) loop.defer(() => decided(begun))
}

/** No error is not success yet: a selector may have said "ready" too early. */
function isConnected(syscalls: Syscalls, fd: number): boolean {
  try {
    return syscalls.remoteAddress(fd).port > 0
  } catch (error) {
    if ((error as SystemError).errno === ENOTCONN) return false
    throw error
  }
}
// #endregion

/** Makes calls over one connection, as many at once as you like. */
export class Client {
  readonly #loop: Loop
  readonly #connection: Connection
  readonly #port: number
  readonly #onClose: ((error?: Error) => void) | undefined
  /** The calls in flight, by the id that their replies will carry. */
  readonly #pending = new Map<number, Callback<Json>>()
  #lastId = 0
  #ended = false
  #strays = 0

  /** @internal */
  constructor(loop: Loop, fd: number, options: ClientOptions) {
    this.#loop = loop
    this.#port = trace.on ? loop.syscalls.localAddress(fd).port : 0
    this.#onClose = options.onClose
    this.#connection = new Connection(
      loop,
      fd,
      {
        request: (_, respond) => respond(new RpcError(codes.methodNotFound, 'Method not found')),
        reply: (reply) => this.#settle(reply),
        drain: () => options.onDrain?.(),
        close: (error) => this.#closed(error),
      },
      { framing: 'content-length', ...options },
    )
  }

  /** Calls that have been made and have no outcome yet. */
  get pending(): number {
    return this.#pending.size
  }

  /** Replies to no call of ours; they are ignored. */
  get strays(): number {
    return this.#strays
  }

  /**
   * Calls a method, and returns before anything has happened. Returns false when the server does
   * not keep up: the call was made, but wait for `onDrain` before making more.
   * Errors: RpcError from the server, DisconnectedError, OverflowError if nobody waited,
   * TypeError if the parameters are no JSON.
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
      this.#loop.defer(() => callback(error as Error, undefined))
      return false
    }
  }

  #settle(reply: Reply): void {
    const callback = this.#pending.get(reply.id as number)
    if (!callback) {
      this.#strays++
      return
    }
    this.#pending.delete(reply.id as number)
    try {
      tell(callback, reply)
    } finally {
      this.#endIfDone()
    }
  }

  /** No reply can come any more, and nobody must be left waiting. */
  #closed(cause?: Error): void {
    this.#ended = true
    for (const callback of this.#pending.values()) {
      this.#loop.defer(() => callback(new DisconnectedError(undefined, cause), undefined))
    }
    this.#pending.clear()
    this.#loop.defer(() => this.#onClose?.(cause))
  }

  /** Sends a notification, which has no reply. Throws what `call` would call back with. */
  notify(method: string, params?: Params): boolean {
    if (this.#ended) throw new DisconnectedError('the connection is closed')
    return this.#connection.send(notificationText(method, params))
  }

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

function tell(callback: Callback<Json>, reply: Reply): void {
  let result
  try {
    result = resultOf(reply)
  } catch (error) {
    return callback(error as RpcError, undefined)
  }
  callback(null, result)
}
