import type { Duplex } from 'node:stream'
import { trace } from '@rpc-steps/trace'
import {
  codes,
  DisconnectedError,
  Inbox,
  notificationText,
  requestText,
  RpcError,
} from '@rpc-steps/wire'
import type { Json, Params, Reply, Request, Respond } from '@rpc-steps/wire'
import { RequestContext } from './call.ts'
import type { Answer, Call, Handler } from './call.ts'
import { defaultGrace, MessageStream } from './message-stream.ts'
import type { MessageStreamOptions } from './message-stream.ts'
import { PendingCalls } from './pending.ts'

/** How one end of a connection behaves. */
export interface PeerOptions extends MessageStreamOptions {
  /** Answers the other side's requests. Without one there are no methods here. */
  handler?: Handler
  /** Takes the errors that the other side must not see. */
  log?: (line: string) => void
  /** The client's port: it names the calls of this connection in a trace. */
  port?: number
}

const noMethods: Handler = () => {
  throw new RpcError(codes.methodNotFound, 'Method not found')
}

/**
 * One end of a connection. Both ends are alike: each may call the other. Any stream of bytes
 * will do, and it is the peer's own from here on.
 */
export class Peer {
  /** Settled when the connection has closed, whatever the cause. Never rejects. */
  readonly closed: Promise<void>
  readonly #messages: MessageStream
  readonly #inbox: Inbox
  readonly #handler: Handler
  readonly #port: number
  readonly #grace: number
  readonly #pending = new PendingCalls()
  /** The requests whose handlers have not answered yet. */
  readonly #handling = new Set<RequestContext>()
  #unknownReplies = 0
  #closing = false
  /** Set when no more calls can be made; says why. */
  #ended: DisconnectedError | undefined
  /** Set when the connection has closed: what its handlers were told to stop for. */
  #gone: DisconnectedError | undefined

  constructor(stream: Duplex, options: PeerOptions = {}) {
    const { handler = noMethods, log = console.error, port = 0, grace = defaultGrace } = options
    this.#handler = handler
    this.#port = port
    this.#grace = grace
    this.#inbox = new Inbox({
      request: (request, respond) => this.#onRequest(request, respond),
      reply: (reply) => this.#onReply(reply),
      send: (text) => this.#messages.send(text),
      internalError: log,
    })
    let closed = () => {}
    this.closed = new Promise((resolve) => (closed = resolve))
    const events = {
      message: (text: string) => this.#inbox.receive(text),
      end: (cause: unknown) => this.#onEnd(cause),
      close: (cause: unknown) => (this.#onClose(cause), closed()),
    }
    this.#messages = new MessageStream(stream, events, options)
  }

  // #region call
  /** Calls a method of the other side. While the stream is full, the request waits to be sent. */
  readonly call: Call = (method, params, { signal } = {}) => {
    const id = this.#pending.nextId()
    trace.called(method, this.#port, id)
    const reply = new Promise<Json>((resolve, reject) => {
      // Whatever is thrown in here rejects the promise.
      signal?.throwIfAborted()
      if (this.#ended) throw this.#ended
      const request = requestText(id, method, params)
      this.#pending.add(id, { resolve, reject, signal })
      if (this.#messages.full) void this.#sendLater(id, request)
      else this.#messages.send(request)
      trace.requestSent(this.#port, id)
    })
    return trace.on ? reply.finally(() => trace.settled(method, this.#port, id)) : reply
  }

  async #sendLater(id: number, request: string): Promise<void> {
    await this.#messages.room()
    // Aborted or disconnected while it waited: then nobody wants the reply any more.
    if (this.#pending.has(id)) this.#messages.send(request)
  }

  /** Tells the other side something. Settled when there is room to tell it more. */
  async notify(method: string, params?: Params): Promise<void> {
    if (this.#ended) throw this.#ended
    this.#messages.send(notificationText(method, params))
    if (this.#messages.full) await this.#messages.room()
  }

  #onReply(reply: Reply): void {
    trace.replyReceived(this.#port, reply.id)
    // A reply to nobody is late or a mistake, and harmless: its call was settled without it.
    if (!this.#pending.settle(reply)) this.#unknownReplies++
    this.#endWhenIdle()
  }
  // #endregion

  // #region handle
  /** Starts the handler and goes on reading: nothing here waits for the answer. */
  #onRequest(request: Request, respond: Respond): void {
    const context = new RequestContext(this.call, this.#port)
    if (trace.on && request.id !== undefined) respond = this.#traced(request, respond)
    let answer: Answer | Promise<Answer>
    try {
      answer = this.#handler(request, context)
    } catch (error) {
      return respond(error)
    }
    if (!(answer instanceof Promise)) return respond(null, answer)
    this.#handling.add(context)
    answer.then(
      (result) => this.#answered(context, respond, null, result),
      (error: unknown) => {
        this.#answered(context, respond, error ?? new Error('the handler rejected with nothing'))
      },
    )
  }

  #answered(context: RequestContext, respond: Respond, error: unknown, result?: Answer): void {
    this.#handling.delete(context)
    // A handler that stops because its caller is gone has nothing to answer, or to report.
    const stopped = this.#gone && [error, (error as Error | null)?.cause].includes(this.#gone)
    if (!stopped) respond(error, result)
    this.#endWhenIdle()
  }
  // #endregion

  // #region close
  /** Makes no more calls, waits for those in flight both ways, then ends the connection. */
  async close(): Promise<void> {
    this.#ended ??= new DisconnectedError('the connection was closed by this side')
    this.#closing = true
    this.#endWhenIdle()
    const cutOff = setTimeout(() => this.#messages.destroy(), this.#grace)
    await this.closed
    clearTimeout(cutOff)
  }

  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #endWhenIdle(): void {
    if (this.#closing && this.#pending.size + this.#handling.size === 0) this.#messages.end()
  }

  /** The other side sends no more. It may still read: what it asked is answered first. */
  #onEnd(cause: unknown): void {
    this.#ended = new DisconnectedError(undefined, cause)
    this.#pending.reject(this.#ended)
    this.#closing = true
    this.#endWhenIdle()
  }

  #onClose(cause: unknown): void {
    this.#gone = new DisconnectedError(undefined, cause)
    this.#ended ??= this.#gone
    this.#pending.reject(this.#gone)
    for (const context of this.#handling) context.abort(this.#gone)
  }
  // #endregion

  /** Replies to no call of ours: late, because their calls were given up, or mistaken. */
  get unknownReplies(): number {
    return this.#unknownReplies
  }

  /** Calls that wait for a reply, and requests that wait for their handlers. */
  get inFlight(): { calls: number; requests: number } {
    return { calls: this.#pending.size, requests: this.#handling.size }
  }

  /** Marks when the request came and when its reply was written. */
  #traced({ method, id }: Request, respond: Respond): Respond {
    trace.requestReceived(method, this.#port, id)
    return (error, result) => {
      respond(error, result)
      trace.replySent(method, this.#port, id)
    }
  }
}
