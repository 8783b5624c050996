import { broken, read, Writer } from '@rpc-steps/streaming'
import type { Held, Items, Reader } from '@rpc-steps/streaming'
import { codes, errorObject, notificationText, RpcError } from '@rpc-steps/wire'
import type { Id, Json, Params, Text } from '@rpc-steps/wire'
import type { Broker, Message } from './broker.ts'
import { seq, seqOf } from './headers.ts'

/** What may be said of a stream. */
interface Said {
  id?: unknown
  items?: unknown
  credit?: unknown
  end?: unknown
  error?: unknown
}

/** What an exchange needs of its end. */
export interface ExchangeOptions {
  broker: Broker
  /** Of the request. */
  id: Id
  /** Which way the items go that are written here. */
  writes: 'up' | 'down'
  /** Where the other end answers what is said here. */
  own: string
  /** Where the other end hears it, if that is known. */
  to?: string | undefined
  held: Held
  /** The other end has broken the rules, or a message is missing. */
  failed(error: Error): void
}

// #region exchange
/**
 * One end of a request with streams, from when both know of each other: the messages and the credit of step 08.
 * There is no connection that would keep them in order and whole, so each has a number. A gap ends the exchange.
 */
export class Exchange {
  readonly #options: ExchangeOptions
  readonly #found: Promise<void>
  #onFound = () => {}
  to: string | undefined
  #said = 0
  #heard = 0
  reader: Reader | undefined
  writer: Writer | undefined

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.#found = new Promise((resolve) => (this.#onFound = resolve))
    if (options.to !== undefined) this.found(options.to)
  }

  /** Now it is known where the other end is. */
  found(to: string): void {
    this.to = to
    this.#onFound()
  }

  /** So many more items may come. */
  grant(credit: number): void {
    const { id, writes } = this.#options
    this.#tell(`$/credit/${other(writes)}`, { id, credit })
  }

  /** Items will go. */
  writes(): Writer {
    const { broker, id, writes } = this.#options
    return (this.writer = new Writer(broker, async (items) => this.say(notificationText(`$/stream/${writes}`, { id, items }))))
  }

  /** Sends all items, and how they end. Rejects with what they end with, if that is an error. */
  async send(items: Items, signal: AbortSignal): Promise<void> {
    const { id, writes } = this.#options
    const tell = (last: { [name: string]: Json }) => this.#tell(`$/stream/${writes}`, { id, ...last })
    const writer = this.writes()
    try {
      await this.#found
      signal.throwIfAborted()
      await writer.write(items, signal)
      tell({ end: true })
    } catch (error) {
      if (signal.aborted) return // it has its answer, or nobody wants one
      const known = error instanceof RpcError ? error : new RpcError(codes.internalError, 'Internal error')
      tell({ error: { ...errorObject(known) } })
      throw error
    }
  }

  /** The next message. Throws what `publish` throws. */
  say(text: Text): void {
    const { broker, own } = this.#options
    broker.publish(this.to!, String(text), { reply: own, headers: { [seq]: String(this.#said + 1) } })
    this.#said++ // what was too large to leave has no number
  }

  /** There is somebody here, and nothing is missing up to this number. */
  beat(): void {
    const { broker, id, own } = this.#options
    if (this.to === undefined || !broker.up) return
    broker.publish(this.to, String(notificationText('$/alive', { id })), { reply: own, headers: { [seq]: String(this.#said) } })
  }

  #tell(method: string, params: Params): void {
    try {
      this.say(notificationText(method, params))
    } catch (error) {
      this.#options.failed(error as Error)
    }
  }
  // #endregion

  // #region hear
  /** A message of the other end has come. Throws RpcError if one before it has not. */
  count(message: Message, beat: boolean): void {
    const next = this.#heard + (beat ? 0 : 1)
    const number = seqOf(message)
    if (number !== next) throw new RpcError(codes.internalError, 'A message is missing', `number ${next} should have come, and ${number} has`)
    this.#heard = next
  }

  /** A notification of the other end. Whatever is wrong with it ends the exchange. */
  hear(method: string, params: unknown, message: Message): void {
    const { writes, held, failed } = this.#options
    try {
      this.count(message, method === '$/alive')
      const said = (params ?? {}) as Said
      if (method === `$/stream/${other(writes)}`) read(this.reader, said, message.size, held)
      else if (method === `$/credit/${writes}`) grant(this.writer, said)
    } catch (error) {
      failed(error as Error)
    }
  }
}
// #endregion

function other(direction: 'up' | 'down'): 'up' | 'down' {
  return direction === 'up' ? 'down' : 'up'
}

function grant(writer: Writer | undefined, { credit }: Said): void {
  if (!writer) throw broken('credit where nothing is streamed')
  writer.granted(credit)
}
