import type { HrTime, Span } from '@opentelemetry/api'
import { ContextAround } from '@rpc-steps/async-await'
import type { Json, Key, RequestContext } from '@rpc-steps/async-await'
import { carrier } from '@rpc-steps/streaming'
import type { Carrier } from '@rpc-steps/streaming'
import { now } from './spans.ts'

/** The same items. When the first and the last of them passed are events of the span. */
export class Observed<T> implements AsyncIterableIterator<T, undefined> {
  readonly #items: AsyncIterator<T, unknown>
  readonly #way: 'sent' | 'received'
  readonly #span: Span
  readonly #over: (error?: unknown) => void
  #count = 0
  #last: HrTime = [0, 0]
  #ended = false

  /** `over` is told once, when no more will pass. */
  constructor(items: AsyncIterator<T, unknown>, way: 'sent' | 'received', span: Span, over: (error?: unknown) => void = () => {}) {
    this.#items = items
    this.#way = way
    this.#span = span
    this.#over = over
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    try {
      const { done, value } = await this.#items.next()
      if (done) {
        this.#end()
        return { done, value: undefined }
      }
      this.#last = now()
      if (this.#count++ === 0) this.#span.addEvent(`first ${this.#way}`, this.#last)
      return { done: false, value }
    } catch (error) {
      this.#end(error)
      throw error
    }
  }

  // No generator: it would keep a `return` waiting for the item that is awaited.
  async return(): Promise<IteratorResult<T, undefined>> {
    this.#end()
    await this.#items.return?.()
    return { done: true, value: undefined }
  }

  #end(error?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#count > 0) this.#span.addEvent(`last ${this.#way}`, { items: this.#count }, this.#last)
    this.#over(error)
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

/** The same context, whose streams are observed, whoever carries them. */
export class Observing extends ContextAround {
  readonly #span: Span

  constructor(inner: RequestContext, span: Span) {
    super(inner)
    this.#span = span
    const known = inner.get(carrier)
    if (known) this.set(carrier, known)
  }

  override set<T>(key: Key<T>, value: T): void {
    const ofStreams = (key as Key<unknown>) === carrier
    super.set(key, ofStreams ? (this.#observed(value as Carrier) as T) : value)
  }

  #observed({ reader, writer }: Carrier): Carrier {
    return {
      reader: reader && new Observed<Json>(reader, 'received', this.#span),
      writer: writer && {
        write: (items, signal) => writer.write(new Observed(items[Symbol.asyncIterator](), 'sent', this.#span), signal),
      },
    }
  }
}
