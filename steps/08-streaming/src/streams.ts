import { Key } from '@rpc-steps/async-await'
import type { Json, Params, Peer, RequestContext } from '@rpc-steps/async-await'
import { cancels } from '@rpc-steps/deadlines'
import { trace } from '@rpc-steps/trace'
import { codes, RpcError } from '@rpc-steps/wire'
import type { Id, Meta, Request, Respond } from '@rpc-steps/wire'
import { broken } from './credit.ts'
import { Held, Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** A call, on either end, of which at least one way is a stream. */
export interface Exchange {
  /** What is written here. */
  writer?: Writer | undefined
  /** What is read here. */
  reader?: Reader | undefined
  /** The other end has broken the rules: ends this exchange, and no other. */
  fail(error: Error): void
}

/** Items that may be on their way, or have come and are not taken, unless somebody says otherwise. */
export const usualWindow = 256

const key = new Key<Streams>('streams')

// #region streams
/**
 * The streams of a connection, for the `extensions` of a peer. A second time it changes nothing.
 * Who stops reading tells the other end by a cancel, so it brings the `cancels` of step 07.
 */
export function streams(peer: Peer): Streams {
  let known = peer.get(key)
  if (!known) peer.set(key, (known = new Streams(peer)))
  return known
}

/**
 * The exchanges of a connection, by the ids of their calls. Both ends count from 1, so what speaks of
 * the caller's calls has other names on its way down than on its way up.
 */
export class Streams {
  readonly #peer: Peer
  /** Calls of ours. */
  readonly calls = new Map<Id, Exchange>()
  /** Theirs, from when they were read until their answer leaves, whoever gives it. */
  readonly requests = new Map<Id, Incoming>()
  readonly #held = new Held()

  constructor(peer: Peer) {
    this.#peer = peer
    cancels(peer)
    peer.onRequest((request, respond) => this.#arrived(request, respond))
    peer.onNotification('$/stream/down', (params, size) => this.#items(this.calls, params, size))
    peer.onNotification('$/stream/up', (params, size) => this.#items(this.requests, params, size))
    peer.onNotification('$/credit/down', (params) => this.#credit(this.requests, params))
    peer.onNotification('$/credit/up', (params) => this.#credit(this.calls, params))
    // Who sends no more may still read, but neither credit nor items can come.
    void peer.ended.then(() => {
      for (const request of this.requests.values()) request.last()
    })
    void peer.closed.then(() => this.requests.clear())
  }

  /** From here on credit may come for it, however long it waits to be run. */
  #arrived({ id, meta }: Request, respond: Respond): Respond {
    if (id === undefined || (meta?.credit === undefined && !meta?.stream)) return respond
    const incoming = new Incoming(this.#peer, id, meta)
    this.requests.set(id, incoming)
    return (error, result) => {
      this.requests.delete(id)
      incoming.reader?.fail(error instanceof Error ? error : new Error('the request is answered'))
      respond(error, result)
    }
  }

  #items(exchanges: Map<Id, Exchange>, params: Params | null | undefined, size: number): void {
    const message = (params ?? {}) as { id?: Id; items?: unknown; end?: unknown; error?: unknown }
    // Whatever is said of an exchange that is over was on its way when it ended.
    const exchange = exchanges.get(message.id ?? null)
    if (trace.on && exchange && Array.isArray(message.items)) {
      trace.items('received', message.items.length, this.#peer.label, message.id)
    }
    attempt(exchange, () => read(exchange?.reader, message, size, this.#held))
  }

  #credit(exchanges: Map<Id, Exchange>, params: Params | null | undefined): void {
    const { id, credit } = (params ?? {}) as { id?: Id; credit?: unknown }
    const exchange = exchanges.get(id ?? null)
    attempt(exchange, () => {
      if (!exchange?.writer) throw broken('credit where nothing is streamed')
      exchange.writer.granted(credit)
    })
  }
}

/** Whatever is wrong with a message ends the exchange that it speaks of. */
function attempt(exchange: Exchange | undefined, job: () => void): void {
  if (!exchange) return
  try {
    job()
  } catch (error) {
    exchange.fail(error as RpcError)
  }
}

/** Takes what a message says of a stream. Throws RpcError -32600 for what it may not say. */
export function read(
  reader: Reader | undefined,
  { items, end, error }: { items?: unknown; end?: unknown; error?: unknown },
  size: number,
  held: Held,
): void {
  if (!reader) throw broken('items where nothing is streamed')
  if (Array.isArray(items)) reader.received(items as Json[], size, held)
  else if (end !== true && error === undefined) throw broken('"items" must be an array')
  if (error !== undefined) reader.end(errorOf(error))
  else if (end === true) reader.end()
}

function errorOf(error: unknown): RpcError {
  const { code, message, data } = (error ?? {}) as { code?: unknown; message?: unknown; data?: Json }
  if (!Number.isInteger(code) || typeof message !== 'string') throw broken('"error" must be an error object')
  return new RpcError(Number(code), message, data, 'peer')
}
// #endregion

/** The end of a stream at which it is written, by messages of this name. */
export function writing(peer: Peer, method: string, id: Id): Writer {
  return new Writer(peer, (items) => {
    trace.items('sent', items.length, peer.label, id)
    return peer.notify(method, { id, items })
  })
}

// #region incoming
/** A request with a stream. */
export class Incoming implements Exchange {
  readonly writer: Writer | undefined
  readonly reader: Reader | undefined
  #context: RequestContext | undefined
  #error: Error | undefined

  constructor(peer: Peer, id: Id, { credit, stream }: Meta) {
    if (stream) {
      const grant = (credit: number) => void peer.notify('$/credit/up', { id, credit })
      this.reader = new Reader(usualWindow, { grant, stopped: () => {} })
    }
    if (credit === undefined) return
    const writer = writing(peer, '$/stream/down', id)
    this.writer = writer
    attempt(this, () => writer.granted(credit))
  }

  /** Its turn has come. Throws what has gone wrong before that. */
  begin(context: RequestContext): void {
    if (this.#error) throw this.#error
    this.#context = context
    const { reader } = this
    if (reader) context.signal.addEventListener('abort', () => reader.fail(context.signal.reason as Error))
  }

  fail(error: Error): void {
    this.#error ??= error
    this.#context?.abort(error)
  }

  /** Its caller sends nothing more. */
  last(): void {
    this.writer?.last()
    this.reader?.end(new RpcError(codes.requestCancelled, 'Request cancelled', 'its caller sends no more'))
  }
}
// #endregion
