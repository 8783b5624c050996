import { Signals } from '@rpc-steps/async-await'
import type { Call, CallOptions, Json, Params, Peer } from '@rpc-steps/async-await'
import { codes, DisconnectedError, errorObject, RpcError } from '@rpc-steps/wire'
import type { Meta } from '@rpc-steps/wire'
import { mostCredit } from './credit.ts'
import { Reader } from './reader.ts'
import { streams, usualWindow, writing } from './streams.ts'
import type { Exchange } from './streams.ts'
import type { Items, Writer } from './writer.ts'

/** What may be said beside a stream. */
export interface StreamOptions extends CallOptions {
  /** Items that may be on their way, or here and not taken. Default 256. */
  credit?: number
  /** What goes to the other end meanwhile. */
  up?: Items
}

// #region stream
/**
 * Calls a method whose answer comes in pieces, each time that it is iterated. Whoever stops (`break`)
 * cancels the call. An error of the other end comes after the items before it; one of this end, such as
 * a deadline or the signal's reason, at once. Throws RangeError.
 */
export function stream(
  call: Call,
  method: string,
  params?: Params,
  { credit = usualWindow, up, ...options }: StreamOptions = {},
): AsyncIterable<Json> {
  if (!(credit >= 1 && credit <= mostCredit)) throw new RangeError(`credit must be from 1 to ${mostCredit}, not ${credit}`)
  return {
    [Symbol.asyncIterator]() {
      const outgoing = new Outgoing({ credit, up })
      const { reader } = outgoing
      endWith(reader!, outgoing.run(call, method, params, options), method)
      return reader!
    },
  }
}

/** Calls a method that reads a stream and answers as a whole. Rejects with the error that the items end with, if one does. */
export function upload(call: Call, method: string, params: Params | undefined, up: Items, options: CallOptions = {}): Promise<Json> {
  return new Outgoing({ up }).run(call, method, params, options)
}
// #endregion

/** Ends a stream as its call does: an error of the other end comes after the items before it, one of this end at once. */
export function endWith(reader: Reader, answer: Promise<Json>, method: string): void {
  answer.then(
    (result) => reader.end(result === null ? undefined : new RpcError(codes.internalError, `the answer to ${method} came whole: it is no stream`)),
    (error: Error) => {
      const fromThere = error instanceof DisconnectedError || (error instanceof RpcError && error.from === 'peer')
      if (fromThere) reader.end(error)
      else reader.fail(error)
    },
  )
}

// One listener for each signal, however many streams share it.
const shared = new Signals<AbortController>((controller, reason) => controller.abort(reason))
const over = new Error('the call is over')

// #region outgoing
/** A call with a stream. */
class Outgoing implements Exchange {
  readonly reader: Reader | undefined
  writer: Writer | undefined
  readonly #up: Items | undefined
  readonly #meta: Meta = {}
  readonly #end = new AbortController()
  #place: { peer: Peer; id: number } | undefined
  /** What our own items have ended with. */
  #cause: unknown

  constructor({ credit, up }: { credit?: number; up?: Items | undefined }) {
    this.#up = up
    if (up) this.#meta.stream = true
    if (credit === undefined) return
    this.#meta.credit = credit
    const events = { grant: (credit: number) => this.#grant(credit), stopped: () => this.#end.abort(over) }
    this.reader = new Reader(credit, events, true)
  }

  async run(call: Call, method: string, params: Params | undefined, options: CallOptions): Promise<Json> {
    const { signal, extras, sent } = options
    signal?.throwIfAborted()
    if (signal) shared.watch(signal, this.#end)
    try {
      return await call(method, params, {
        signal: this.#end.signal,
        extras: () => {
          const given = extras?.()
          return { ...given, meta: { ...given?.meta, ...this.#meta } }
        },
        sent: (peer, id) => {
          this.#sent(peer, id)
          sent?.(peer, id)
        },
      })
    } catch (error) {
      throw this.#cause ?? error
    } finally {
      if (signal) shared.unwatch(signal, this.#end)
      if (this.#place) streams(this.#place.peer).calls.delete(this.#place.id)
      this.#end.abort(over)
    }
  }

  /** Now its id is known, and what comes for it can be told from all else. */
  #sent(peer: Peer, id: number): void {
    this.#place = { peer, id }
    streams(peer).calls.set(id, this)
    if (!this.#up) return
    this.writer = writing(peer, '$/stream/up', id)
    void this.#write(this.writer, this.#up, (last) => void peer.notify('$/stream/up', { id, ...last }))
  }

  async #write(writer: Writer, up: Items, tell: (last: { [name: string]: Json }) => void): Promise<void> {
    const { signal } = this.#end
    try {
      await writer.write(up, signal)
      tell({ end: true })
    } catch (error) {
      if (signal.aborted) return // it has its answer, or nobody wants one
      this.#cause = error
      const known = error instanceof RpcError ? error : new RpcError(codes.internalError, 'Internal error')
      tell({ error: { ...errorObject(known) } })
    }
  }

  #grant(credit: number): void {
    const { peer, id } = this.#place!
    void peer.notify('$/credit/down', { id, credit })
  }

  fail(error: Error): void {
    this.#end.abort(error)
  }
}
// #endregion
