import { writeSync } from 'node:fs'
import { syscalls as kernel } from '@rpc-steps/sockets'
import type { Syscalls } from '@rpc-steps/sockets'
import { trace } from '@rpc-steps/trace'
import { createFramer, errorText, FramingError, Inbox } from '@rpc-steps/wire'
import type { Framer, FrameLimits, Framing, Request, Respond } from '@rpc-steps/wire'
import type { Context, Handler } from './handler.ts'
import { Stream } from './stream.ts'

/** What a server grants a client. */
export interface ConnectionOptions {
  /** Default `auto`: the client's first byte tells. */
  framing?: Framing
  /** Bytes of a frame, at most. */
  limits?: FrameLimits
  /** Milliseconds that a frame may take from its first byte to its last. Default 30,000. */
  frameTimeout?: number
  /** Milliseconds that a peer may take to read what it is sent. Default 30,000. */
  sendTimeout?: number
  /** Takes the errors that the client must not see. Default: standard error. */
  log?: (line: string) => void
  /** Default: the kernel's. */
  syscalls?: Syscalls
}

/** Characters of replies that are joined, at most, before they are sent. */
const highWater = 64 * 1024
/** Milliseconds for a peer to hear why it is refused. */
const lingerTime = 1_000

/** One connection of a server: it has the thread to itself from its first byte to its last. */
export class Connection {
  readonly #handler: Handler
  readonly #syscalls: Syscalls
  readonly #stream: Stream
  readonly #framer: Framer
  readonly #inbox: Inbox
  readonly #context: Context
  readonly #frameTimeout: number
  readonly #sendTimeout: number
  /** Replies in their frames that were not sent yet. */
  #replies = ''

  constructor(fd: number, handler: Handler, options: ConnectionOptions = {}) {
    const { framing = 'auto', limits, log = logLine, syscalls = kernel } = options
    this.#handler = handler
    this.#syscalls = syscalls
    this.#stream = new Stream(fd, syscalls)
    this.#framer = createFramer(framing, limits)
    this.#frameTimeout = options.frameTimeout ?? 30_000
    this.#sendTimeout = options.sendTimeout ?? 30_000
    this.#context = { sleep: (ms) => this.#sleep(ms), port: trace.on ? clientPort(fd, syscalls) : 0 }
    this.#inbox = new Inbox({
      request: (request, respond) => this.#handle(request, respond),
      reply() {}, // to no request of ours
      send: (text) => this.#reply(text),
      internalError: log,
    })
  }

  // #region serve
  /** Answers one request after the other until the client ends, and closes the connection. */
  serve(): void {
    try {
      this.#receiveAll()
    } catch (error) {
      // A connection that fails is nobody else's business. Any other error is a bug of ours.
      if (error !== this.#stream.error) throw error
    } finally {
      this.#stream.close()
    }
  }

  #receiveAll(): void {
    try {
      let deadline = Infinity
      for (;;) {
        const chunk = this.#stream.receive(deadline)
        if (!chunk) return this.#framer.end()
        this.#framer.push(chunk)
        let body = this.#framer.next()
        // Between frames a client may be silent for as long as it likes; inside one it may not.
        if (body !== undefined || !this.#framer.partial) deadline = Infinity
        for (; body !== undefined; body = this.#framer.next()) this.#inbox.receive(body)
        this.#flush()
        if (this.#framer.partial && deadline === Infinity) {
          deadline = this.#syscalls.now() + this.#frameTimeout
        }
      }
    } catch (error) {
      if (!(error instanceof FramingError)) throw error
      this.#reply(errorText(null, error.toRpcError()))
      this.#flush()
      this.#stream.linger(this.#syscalls.now() + lingerTime)
    }
  }
  // #endregion

  // #region reply
  #handle(request: Request, respond: Respond): void {
    const { method, id } = request
    const { port } = this.#context
    if (id !== undefined) trace.requestReceived(method, port, id)
    let error: unknown = null
    let result
    try {
      result = this.#handler(request, this.#context)
    } catch (thrown) {
      error = thrown ?? new Error('the handler threw nothing')
    }
    // The client was lost while the handler slept: there is nobody to answer.
    if (this.#stream.error) throw this.#stream.error
    respond(error, result)
    if (id !== undefined) trace.replySent(method, port, id)
  }

  /** Replies that come one after the other leave in one send. */
  #reply(text: string): void {
    this.#replies += this.#framer.frame(text)
    if (this.#replies.length > highWater) this.#flush()
  }

  /** To be called before the thread sleeps: the client may be asleep until it has its replies. */
  #flush(): void {
    if (this.#replies === '') return
    const replies = this.#replies
    this.#replies = ''
    this.#stream.send(replies, this.#syscalls.now() + this.#sendTimeout)
  }

  #sleep(ms: number): void {
    this.#flush()
    trace.enter('kernel', 'sleep')
    this.#syscalls.sleep(ms)
    trace.leave('kernel', 'sleep')
  }
  // #endregion
}

function clientPort(fd: number, syscalls: Syscalls): number {
  try {
    return syscalls.remoteAddress(fd).port
  } catch {
    return 0 // gone already, as the first recv will find out
  }
}

// Not console.error: in a worker thread that leaves the writing to the main thread, and to a
// moment in which the worker may be asleep.
function logLine(line: string): void {
  try {
    writeSync(2, line + '\n')
  } catch {
    // Nobody reads the log any more (EPIPE, EAGAIN): no reason to stop serving.
  }
}
