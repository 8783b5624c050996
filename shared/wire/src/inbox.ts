import { randomUUID } from 'node:crypto'
import { codes, RpcError } from './errors.ts'
import { defaultMessageLimits, errorText, isDeeper, isId, isReply, isRequest, parse, resultText } from './messages.ts'
import type { Id, MessageLimits, Reply, Request } from './messages.ts'
import type { Text } from './rope.ts'

/**
 * Ends a request, error first as Node does it: an RpcError is sent as it is, any other error as
 * "Internal error". Only the first time counts. For a notification nothing is sent.
 */
export type Respond = (error: unknown, result?: unknown) => void

/** Sends the answer to the request with this id, or an error in its place if it is too large. */
type Answer = (text: Text, id: Id) => void

const tooLarge = new RpcError(codes.internalError, 'Internal error', 'the answer is too large to be sent')

/** What an inbox does with what it finds. */
export interface InboxEvents {
  /** A request or notification came. Call `respond` now or later; never throw. */
  request(request: Request, respond: Respond): void
  /** A reply came, to a request of ours or to none. */
  reply(reply: Reply): void
  /** Sends a message to the peer. Throws if it is too large to be sent at all. */
  send(text: Text): void
  /** A handler failed in a way the peer must not see: what happened, in words for a log. */
  internalError(report: string): void
}

/**
 * Sorts the messages of one connection and sees to the rules of JSON-RPC 2.0 that no handler
 * should have to think about: what gets an error, what gets nothing, and how the answers of a
 * batch come together.
 */
export class Inbox {
  readonly #events: InboxEvents
  readonly #limits: MessageLimits
  /** The ids of requests that have come and not been answered. */
  readonly #inFlight = new Set<Id>()

  constructor(events: InboxEvents, limits: Partial<MessageLimits> = {}) {
    const { depth, batch } = { ...defaultMessageLimits, ...limits }
    this.#events = events
    this.#limits = { depth, batch }
  }

  /** Requests that have come and not been answered. */
  get inFlight(): number {
    return this.#inFlight.size
  }

  // #region receive
  /** Takes the body of one frame. */
  receive(text: string): void {
    let message: unknown
    try {
      message = parse(text)
    } catch (error) {
      return this.#events.send(errorText(null, error as RpcError))
    }
    // A level takes two characters, so a short text cannot be too deep.
    const deep = text.length > 2 * this.#limits.depth && isDeeper(message, this.#limits.depth)
    if (Array.isArray(message)) this.#receiveBatch(message, deep)
    else this.#receiveOne(message, deep, this.#send)
  }

  #receiveOne(message: unknown, deep: boolean, answer: Answer, nothing?: () => void): void {
    if (isReply(message)) {
      this.#events.reply(deep ? { jsonrpc: '2.0', id: message.id, failure: this.#tooDeep() } : message)
      return nothing?.()
    }
    if (isRequest(message) && !deep) {
      if (message.id === undefined) {
        this.#events.request(message, this.#silently)
        return nothing?.()
      }
      if (!this.#inFlight.has(message.id)) {
        return this.#events.request(message, this.#responder(message.id, answer))
      }
    }
    const error = deep ? this.#tooDeep() : new RpcError(codes.invalidRequest, 'Invalid Request')
    answer(errorText(idOf(message), error), idOf(message))
  }

  #tooDeep(): RpcError {
    return new RpcError(codes.invalidRequest, 'Invalid Request', `nested over ${this.#limits.depth} levels`)
  }
  // #endregion

  // #region batch
  /** The answers of a batch go out together, once each item has had its turn. */
  #receiveBatch(items: unknown[], deep: boolean): void {
    const { batch, depth } = this.#limits
    if (items.length === 0 || items.length > batch) {
      const why = items.length > 0 ? `over ${batch} items in a batch` : undefined
      this.#events.send(errorText(null, new RpcError(codes.invalidRequest, 'Invalid Request', why)))
      return
    }
    // Arrays in arrays in arrays were not meant as a batch.
    if (deep && items.every((item) => idOf(item) === null)) return this.#events.send(errorText(null, this.#tooDeep()))
    const answers: Text[] = []
    const ids: Id[] = []
    let open = items.length
    const close = () => {
      if (--open > 0 || answers.length === 0) return
      try {
        this.#events.send(`[${answers.join(',')}]`)
      } catch {
        this.#events.send(`[${ids.map((id) => errorText(id, tooLarge)).join(',')}]`)
      }
    }
    for (const item of items) {
      const add: Answer = (text, id) => {
        answers.push(text)
        ids.push(id)
        close()
      }
      // The batch is a level of its own.
      this.#receiveOne(item, deep && isDeeper(item, depth - 1), add, close)
    }
  }
  // #endregion

  // #region respond
  #responder(id: Id, answer: Answer): Respond {
    this.#inFlight.add(id)
    let done = false
    return (error, result) => {
      // A second answer is not sent; but a bug that shows itself only then must not be lost.
      if (done) return this.#silently(error)
      done = true
      this.#inFlight.delete(id)
      answer(this.#replyText(id, error, result), id)
    }
  }

  #replyText(id: Id, error: unknown, result: unknown): Text {
    try {
      if (error instanceof RpcError) return errorText(id, error)
      if (error === null || error === undefined) return resultText(id, result)
    } catch (notJson) {
      error = notJson // a BigInt, a cycle
    }
    return errorText(id, this.#internalError(error))
  }

  /** The peer gets a number to quote, the log gets the number and the error. */
  #internalError(error: unknown): RpcError {
    const incident = randomUUID()
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#events.internalError(`internal error ${incident}: ${what}`)
    return new RpcError(codes.internalError, 'Internal error', { incident })
  }
  // #endregion

  readonly #send: Answer = (text, id) => {
    try {
      this.#events.send(text)
    } catch {
      this.#events.send(errorText(id, tooLarge))
    }
  }

  readonly #silently: Respond = (error) => {
    if (error !== null && error !== undefined && !(error instanceof RpcError)) {
      this.#internalError(error)
    }
  }
}

function idOf(message: unknown): Id {
  const id = (message as { id?: unknown } | null)?.id
  return isId(id) ? id : null
}
