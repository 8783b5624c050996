import { resultOf } from './reply.ts'
import type { Json, Options, Reply } from './reply.ts'

/** What comes: a reply, or items of a stream. */
type Message = (Reply & { id: number; method?: undefined }) | { method: string; params: { id: number; items: Json[] } }

/** A call without an answer yet. */
interface Pending {
  settle(result: Promise<Json>): void
  /** Items have come. */
  take?(items: Json[]): void
}

/** Items of a stream that may be on their way at once. */
const credit = 32

/** Resolves when it is open. */
export function opened(socket: WebSocket): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve(socket))
    socket.addEventListener('close', () => reject(new Error('no connection: the server is not there, or this page may not call it')))
  })
}

// #region connection
/** Many calls on one WebSocket, which is open. */
export class Connection {
  readonly #socket: WebSocket
  readonly #pending = new Map<number, Pending>()
  #lastId = 0

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#hear(JSON.parse(data as string) as Message))
    socket.addEventListener('close', () => {
      for (const id of this.#pending.keys()) this.#settle(id, lost())
    })
  }

  /** Calls a method. Rejects with Failed, and with Error if the connection is lost. */
  call(method: string, params: Json, options: Options = {}): Promise<Json> {
    return new Promise((settle) => this.#ask({ method, params }, options, { settle }))
  }

  #ask(request: object, { timeoutMs, signal }: Options, pending: Pending, credit?: number): number {
    const id = ++this.#lastId
    // One end for two ways out: who gives up is answered, too.
    const cancel = () => this.#send({ method: '$/cancelRequest', params: { id } })
    const settle = (result: Promise<Json>) => {
      signal?.removeEventListener('abort', cancel)
      pending.settle(result)
    }
    this.#pending.set(id, { ...pending, settle })
    signal?.addEventListener('abort', cancel)
    this.#send({ id, ...request, meta: timeoutMs ?? credit ? { credit, timeoutMs } : undefined })
    if (signal?.aborted) cancel()
    // It has said that it is closed before this call could hear it.
    if (this.#socket.readyState !== this.#socket.OPEN) this.#settle(id, lost())
    return id
  }

  #hear(message: Message): void {
    if (message.method === undefined) this.#settle(message.id, (async () => resultOf(message))())
    else if (message.method === '$/stream/down') this.#pending.get(message.params.id)?.take?.(message.params.items)
  }

  #settle(id: number, result: Promise<Json>): void {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    pending?.settle(result)
  }

  #send(message: object): void {
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }))
  }
  // #endregion

  // #region stream
  /** The items of an answer that comes in pieces, as they are read. Leaving the loop cancels it. */
  async *stream(method: string, params: Json, options: Options = {}): AsyncGenerator<Json> {
    const items: Json[] = []
    let end: Promise<Json> | undefined
    let wake = () => {}
    const id = this.#ask({ method, params }, options, {
      take: (more) => {
        items.push(...more)
        wake()
      },
      settle: (result) => {
        end = result
        // Who has left does not ask how it ended.
        result.catch(() => {})
        wake()
      },
    }, credit)
    let read = 0
    try {
      // Who has given up wants no more items, and is told how it ended.
      const next = () => (options.signal?.aborted ? undefined : items.shift())
      for (let item: Json | undefined; (item = next()) !== undefined || !end; ) {
        if (item === undefined) {
          await new Promise<void>((resolve) => (wake = resolve))
          continue
        }
        yield item
        if (++read < credit / 2 || end || options.signal?.aborted) continue
        // What has been read makes room for as many.
        this.#send({ method: '$/credit/down', params: { id, credit: read } })
        read = 0
      }
      await end
    } finally {
      if (!end) this.#send({ method: '$/cancelRequest', params: { id } })
    }
  }
  // #endregion
}

const lost = () => Promise.reject<Json>(new Error('the connection was lost'))
