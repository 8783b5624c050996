import { check, EINTR, PollFds, POLLOUT, syscalls as kernel } from '@rpc-steps/sockets'
import type { Address, Syscalls } from '@rpc-steps/sockets'
import { trace } from '@rpc-steps/trace'
import { codes, DisconnectedError, RpcError } from '@rpc-steps/wire'
import type { Framing, Json, Params } from '@rpc-steps/wire'
import { Connection } from './connection.ts'
import type { ConnectionOptions } from './connection.ts'

/** How a client talks, and how long it waits. */
export interface ClientOptions extends ConnectionOptions {
  framing?: Exclude<Framing, 'auto'>
  /** Milliseconds that a call may take. Default 0: as long as it takes. */
  timeout?: number
}

// #region connect
/** Connects to a server, and waits until that is done. Throws SystemError, for example ECONNREFUSED. */
export function connect(address: Address, options: ClientOptions = {}): Client {
  const { syscalls = kernel } = options
  const fd = check(syscalls.socket(), 'socket')
  try {
    trace.enter('kernel', 'connect')
    let result = syscalls.connect(fd, address)
    // After a signal the kernel goes on connecting: wait for the outcome, do not ask again.
    if (result === EINTR) result = outcome(syscalls, fd)
    trace.leave('kernel', 'connect')
    check(result, 'connect', address)
    check(syscalls.setOption(fd, 'noDelay', true), 'setsockopt')
    return new Client(fd, syscalls, options)
  } catch (error) {
    syscalls.close(fd)
    throw error
  }
}

/** Waits until a connect is decided: then the socket is writable. POSIX, connect(), under EINTR. */
function outcome(syscalls: Syscalls, fd: number): number {
  const fds = new PollFds(1)
  fds.add(fd, POLLOUT)
  let ready: number
  do ready = syscalls.poll(fds, -1)
  while (ready === EINTR)
  return ready < 0 ? ready : syscalls.getOption(fd, 'error')
}
// #endregion

/** One connection to a server, for one call at a time. */
export class Client {
  readonly #connection: Connection
  readonly #syscalls: Syscalls
  readonly #timeout: number

  constructor(fd: number, syscalls: Syscalls, options: ClientOptions) {
    const label = trace.on ? syscalls.localAddress(fd).port : 0
    this.#syscalls = syscalls
    this.#timeout = options.timeout || Infinity
    this.#connection = new Connection(
      fd,
      { request: (_, respond) => respond(new RpcError(codes.methodNotFound, 'Method not found')) },
      // A server may be as slow as it likes, unless there is a time-out.
      { label, sendTimeout: Infinity, ...options },
    )
  }

  // #region call
  /**
   * Calls a method and returns its result, when it is there. Throws RpcError when the server
   * answers with an error, TimeoutError, and DisconnectedError when the connection is lost.
   */
  call(method: string, params?: Params): Json {
    const { session } = this.#connection
    let outcome: { error: Error | null; result?: Json | undefined } | undefined
    const deadline = this.#deadline()
    const call = session.call(method, params, (error, result) => (outcome = { error, result }))
    try {
      while (outcome === undefined) this.#connection.turn(deadline)
    } finally {
      // Its time is over. The reply may still come, while the next call waits for another: that is
      // why even one call at a time needs an id.
      if (outcome === undefined) session.giveUp(call)
    }
    if (outcome.error) throw outcome.error
    return outcome.result!
  }

  /** Tells the server something. There is no reply to wait for, so nobody knows what became of it. */
  notify(method: string, params?: Params): void {
    const { session } = this.#connection
    session.notify(method, params)
    this.#connection.flush(this.#deadline())
    if (session.over) throw new DisconnectedError(undefined, { cause: session.cause, sent: false })
  }
  // #endregion

  /** Replies to no call, or to one that was given up. */
  get unknownReplies(): number {
    return this.#connection.session.stats.unknownReplies
  }

  /** Ends the connection. Calls after that throw DisconnectedError. */
  close(): void {
    this.#connection.close()
  }

  #deadline(): number {
    return this.#syscalls.now() + this.#timeout
  }
}
