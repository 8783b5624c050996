import { check, EINTR, PollFds, POLLOUT, syscalls as kernel } from '@rpc-steps/sockets'
import type { Address, Syscalls } from '@rpc-steps/sockets'
import { trace } from '@rpc-steps/trace'
import {
  codes,
  createFramer,
  DisconnectedError,
  errorText,
  isReply,
  isRequest,
  notificationText,
  parse,
  requestText,
  resultOf,
  RpcError,
} from '@rpc-steps/wire'
import type { Framer, Framing, Json, Params, Reply } from '@rpc-steps/wire'
import { Stream, TimeoutError } from './stream.ts'

/** How a client talks, and how long it waits. */
export interface ClientOptions {
  /** Default `content-length`. */
  framing?: Exclude<Framing, 'auto'>
  /** Milliseconds that a call may take. Default 0: as long as it takes. */
  timeoutMs?: number
  /** Default: the kernel's. */
  syscalls?: Syscalls
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
  readonly #stream: Stream
  readonly #framer: Framer
  readonly #syscalls: Syscalls
  readonly #timeoutMs: number
  readonly #port: number
  #lastId = 0
  #unknownReplies = 0

  constructor(fd: number, syscalls: Syscalls, options: ClientOptions) {
    this.#stream = new Stream(fd, syscalls)
    this.#framer = createFramer(options.framing ?? 'content-length')
    this.#syscalls = syscalls
    this.#timeoutMs = options.timeoutMs || Infinity
    this.#port = trace.on ? syscalls.localAddress(fd).port : 0
  }

  // #region call
  /**
   * Calls a method and returns its result, when it is there. Throws RpcError when the server
   * answers with an error, TimeoutError, and DisconnectedError when the connection is lost.
   */
  call(method: string, params?: Params): Json {
    const id = ++this.#lastId
    const deadline = this.#deadline()
    trace.called(method, this.#port, id)
    try {
      trace.requestSent(this.#port, id)
      this.#send(requestText(id, method, params), deadline)
      const reply = this.#receiveReply(id, deadline)
      trace.replyReceived(this.#port, id)
      return resultOf(reply)
    } finally {
      trace.settled(method, this.#port, id)
    }
  }

  /** Tells the server something. There is no reply to wait for, so nobody knows what became of it. */
  notify(method: string, params?: Params): void {
    this.#send(notificationText(method, params), this.#deadline())
  }
  // #endregion

  // #region reply
  /**
   * Waits for the reply. Even with one call at a time it must be known by its id: a call whose
   * time ran out gets its reply all the same, while the next call waits for another.
   */
  #receiveReply(id: number, deadline: number): Reply {
    for (;;) {
      const message = parse(this.#receiveMessage(deadline))
      if (isReply(message)) {
        // To null the server replies when it could not read a request: it must be this one.
        if (message.id === id || message.id === null) return message
        this.#unknownReplies++
      } else if (isRequest(message) && message.id !== undefined) {
        const error = new RpcError(codes.methodNotFound, 'Method not found')
        this.#send(errorText(message.id, error), deadline)
      }
    }
  }

  #receiveMessage(deadline: number): string {
    try {
      for (;;) {
        const body = this.#framer.next()
        if (body !== undefined) return body
        const chunk = this.#stream.receive(deadline)
        if (chunk) this.#framer.push(chunk)
        else this.#end()
      }
    } catch (error) {
      throw this.#lost(error)
    }
  }

  #end(): never {
    this.#framer.end()
    throw new DisconnectedError()
  }
  // #endregion

  /** Replies to no call, or to one that was given up. */
  get unknownReplies(): number {
    return this.#unknownReplies
  }

  /** Ends the connection. Calls after that throw DisconnectedError. */
  close(): void {
    this.#stream.close()
  }

  #deadline(): number {
    return this.#syscalls.now() + this.#timeoutMs
  }

  #send(text: string, deadline: number): void {
    if (this.#stream.closed) throw new DisconnectedError('the connection is closed')
    try {
      this.#stream.send(this.#framer.frame(text), deadline)
    } catch (error) {
      throw this.#lost(error)
    }
  }

  /**
   * What to tell the caller. When nothing came in time the connection is as good as before. After
   * anything else it is not: half a frame may have been sent, or the next one cannot be found.
   */
  #lost(error: unknown): unknown {
    if (error instanceof TimeoutError && error.syscall === 'recv') return error
    this.close()
    if (error instanceof TimeoutError || error instanceof DisconnectedError) return error
    return new DisconnectedError(undefined, error)
  }
}
