import { isPromise, Key } from '@rpc-steps/async-await'
import type { Answer, Handler, Json, Request, RequestContext } from '@rpc-steps/async-await'
import { codes, RpcError } from '@rpc-steps/wire'
import { hasStream, streams } from './streams.ts'
import type { Incoming } from './streams.ts'

/** An answer, or the items of one. */
export type Streamed = Answer | AsyncIterable<Json>

/** Answers a request as a handler does, or with an async generator. */
export type StreamHandler = (request: Request, context: RequestContext) => Streamed | PromiseLike<Streamed>

/** Items of an answer that comes whole. */
export const mostWhole = 1000

/** The streams of one request; another protocol than ours has its own. */
export interface Carrier {
  /** What the caller streams. */
  readonly reader?: AsyncIterableIterator<Json, undefined> | undefined
  /** Takes the items of the answer, no faster than they are read. Without it the answer is an array. */
  readonly writer?: {
    /** Resolves when all of them have been taken. Rejects with what they end with, or with the reason of the signal. */
    write(items: AsyncIterable<Json>, signal: AbortSignal): Promise<void>
  } | undefined
}

/** On a request: what carries its streams. An adapter of another protocol sets it before the handler is called. */
export const carrier = new Key<Carrier>('carrier')

// #region streamed
/**
 * A handler whose answer may be a stream. It has answered when the last item has left, so a queue around
 * it keeps its place until then, and a deadline is for the whole. Who grants no credit gets the items as
 * one array, if they are not over 1,000 (-32602). Needs the extension `streams`.
 */
export function streamed(handler: StreamHandler): Handler {
  return (request, context) => {
    const incoming = incomingOf(request, context)
    if (incoming) {
      incoming.begin(context)
      context.set(carrier, incoming)
    }
    const { writer } = context.get(carrier) ?? {}
    const send = (answer: Streamed): Answer | Promise<Answer> => {
      if (!isStream(answer)) return answer
      return writer ? writer.write(answer, context.signal) : whole(answer)
    }
    const answer = handler(request, context)
    return isPromise(answer) ? answer.then(send) : send(answer)
  }
}

/** What the caller streams. Throws RpcError -32602 if it does not. */
export function incoming(context: RequestContext): AsyncIterableIterator<Json, undefined> {
  const reader = context.get(carrier)?.reader
  if (!reader) throw new RpcError(codes.invalidParams, 'Invalid params', 'this method reads a stream: "meta": {"stream": true}')
  return reader
}

async function whole(items: AsyncIterable<Json>): Promise<Json[]> {
  const all: Json[] = []
  for await (const item of items) {
    if (all.push(item) <= mostWhole) continue
    throw new RpcError(codes.invalidParams, 'Invalid params', `over ${mostWhole} items: grant credit for them, "meta": {"credit": 64}`)
  }
  return all
}
// #endregion

function incomingOf({ id, meta }: Request, { peer }: RequestContext): Incoming | undefined {
  // A notification has no answer, whole or in pieces; and behind another protocol there are no such streams.
  if (!peer || id === undefined || !hasStream(meta)) return undefined
  const incoming = streams(peer).requests.get(id)
  if (!incoming) throw new RpcError(codes.requestCancelled, 'Request cancelled', 'it was answered before its turn came')
  return incoming
}

function isStream(answer: Streamed): answer is AsyncIterable<Json> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer
}
