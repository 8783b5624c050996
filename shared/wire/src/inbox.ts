import { randomUUID } from 'node:crypto'
import { codes, RpcError } from './errors.ts'
import { errorObject, errorText, isId, isReply, isRequest, maxBatch, parse, resultText } from './messages.ts'
import type { Id, Reply, Request } from './messages.ts'

/**
 * Ends a request, error first as Node does it: an RpcError is sent as it is, any other error as
 * "Internal error". Only the first time counts. For a notification nothing is sent.
 */
export type Respond = (error: unknown, result?: unknown) => void

/** What an inbox does with what it finds. */
export interface InboxEvents {
  /** A request or notification came. Call `respond` now or later; never throw. */
  request(request: Request, respond: Respond): void
  /** A reply came, to a request of ours or to none. */
  reply(reply: Reply): void
  /** Sends a message to the peer. */
  send(text: string): void
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
  /** The ids of requests that have come and not been answered. */
  readonly #inFlight = new Set<Id>()

  constructor(events: InboxEvents) {
    this.#events = events
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
      return this.#refuse(text, error as RpcError)
    }
    if (Array.isArray(message)) this.#receiveBatch(message)
    else this.#receiveOne(message, this.#send)
  }

  /** A reply that is nested too deep has come all the same: its call fails, and nobody waits on. */
  #refuse(text: string, error: RpcError): void {
    const message: unknown = error.code === codes.parseError ? undefined : JSON.parse(text)
    if (isReply(message)) this.#events.reply({ jsonrpc: '2.0', id: message.id, error: errorObject(error) })
    else this.#send(errorText(null, error))
  }

  #receiveOne(message: unknown, answer: (text: string) => void, nothing?: () => void): void {
    if (isRequest(message)) {
      if (message.id === undefined) {
        this.#events.request(message, this.#silently)
        return nothing?.()
      }
      if (!this.#inFlight.has(message.id)) {
        return this.#events.request(message, this.#responder(message.id, answer))
      }
    } else if (isReply(message)) {
      this.#events.reply(message)
      return nothing?.()
    }
    answer(errorText(idOf(message), new RpcError(codes.invalidRequest, 'Invalid Request')))
  }
  // #endregion

  // #region batch
  /** The answers of a batch go out together, once each item has had its turn. */
  #receiveBatch(items: unknown[]): void {
    if (items.length === 0 || items.length > maxBatch) {
      const why = items.length > 0 ? `over ${maxBatch} items in a batch` : undefined
      this.#events.send(errorText(null, new RpcError(codes.invalidRequest, 'Invalid Request', why)))
      return
    }
    const answers: string[] = []
    let open = items.length
    const close = () => {
      if (--open === 0 && answers.length > 0) this.#events.send(`[${answers.join(',')}]`)
    }
    for (const item of items) {
      this.#receiveOne(item, (text) => (answers.push(text), close()), close)
    }
  }
  // #endregion

  // #region respond
  #responder(id: Id, answer: (text: string) => void): Respond {
    this.#inFlight.add(id)
    let done = false
    return (error, result) => {
      if (done) return
      done = true
      this.#inFlight.delete(id)
      answer(this.#replyText(id, error, result))
    }
  }

  #replyText(id: Id, error: unknown, result: unknown): string {
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

  // The events may be an object of a class, so `send` must be called on it.
  readonly #send = (text: string) => this.#events.send(text)

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
