import type { ServerResponse } from 'node:http'
import { setImmediate as turnOver } from 'node:timers/promises'
import type { Json } from '@rpc-steps/async-await'
import type { Carrier } from '@rpc-steps/streaming'

/** Characters of events that leave in one piece; a single item may be larger. */
const mostAtOnce = 16 * 1024

// #region events
/**
 * An answer in pieces, as server-sent events (WHATWG HTML, section 9.2): each item a `data`, then an event `end` with
 * the result or an event `error` with the error. The head leaves with the first of them, so what fails before that
 * has a status of its own.
 */
export class Events {
  readonly #response: ServerResponse
  #text = ''

  constructor(response: ServerResponse) {
    this.#response = response
  }

  /** For the handler: takes the items of an answer as fast as the client reads. */
  readonly writer: Carrier['writer'] = { write: (items, signal) => this.#write(items, signal) }

  /** Something has been sent. */
  get begun(): boolean {
    return this.#response.headersSent || this.#text !== ''
  }

  async #write(items: AsyncIterable<Json>, signal: AbortSignal): Promise<void> {
    for await (const item of items) {
      signal.throwIfAborted()
      this.#add(`data: ${JSON.stringify(item ?? null)}\n\n`)
      if (this.#text.length >= mostAtOnce || this.#response.writableNeedDrain) await this.#makeWay(signal)
    }
    signal.throwIfAborted()
  }

  /** What is made in one turn leaves together. */
  #add(event: string): void {
    if (this.#text === '') setImmediate(() => this.#flush())
    this.#text += event
  }

  /** True if there is room for more. */
  #flush(): boolean {
    const response = this.#response
    if (this.#text === '' || response.destroyed) return true
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    const text = this.#text
    this.#text = ''
    return response.write(text)
  }

  /** However fast items are made, others have their turn; and who reads slowly is written to slowly. */
  async #makeWay(signal: AbortSignal): Promise<void> {
    if (this.#flush()) return turnOver()
    await new Promise<void>((resolve, reject) => {
      const over = () => {
        this.#response.off('drain', drained)
        reject(signal.reason as Error)
      }
      const drained = () => {
        signal.removeEventListener('abort', over)
        resolve()
      }
      this.#response.once('drain', drained)
      if (signal.aborted) over()
      else signal.addEventListener('abort', over, { once: true })
    })
  }

  /** The last one. */
  end(name: 'end' | 'error', data: unknown): void {
    this.#add(`event: ${name}\ndata: ${JSON.stringify(data ?? null)}\n\n`)
    this.#flush()
    this.#response.end()
  }
}
// #endregion
