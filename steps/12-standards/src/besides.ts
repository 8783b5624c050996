import type { IncomingMessage } from 'node:http'
import type { Meta, Request } from '@rpc-steps/wire'
import { codes, RpcError } from '@rpc-steps/wire'

// #region besides
/**
 * A request with what its headers say beside it. What is said in both places is refused with -32600, and nobody has
 * to know which of them counts: RFC 6750, section 2, asks that of tokens. Of one key for a whole batch each request
 * would be the repetition of the first, so that is refused, too.
 */
export function besides(request: Request, headers: IncomingMessage['headersDistinct'], { isSingle, streams }: { isSingle: boolean; streams: boolean }): Request {
  const { meta = {}, traceparent, tracestate, ...rest } = request
  const { credit: _credit, stream: _stream, ...said } = meta // there is no such credit here, and filters would believe it
  const key = single(headers, 'idempotency-key')
  if (key !== undefined && !isSingle) throw twice('Idempotency-Key is for one request: a batch has "idempotencyKey" in each "meta"')
  const authorization = single(headers, 'authorization')
  const token = once('token', said.token, authorization === undefined ? undefined : tokenOf(authorization))
  const idempotencyKey = once('idempotencyKey', said.idempotencyKey, key)
  const parent = once('traceparent', traceparent, headers['traceparent']?.join(','))
  const state = once('tracestate', tracestate, headers['tracestate']?.join(','))
  const all: Meta = {
    ...said,
    ...(token !== undefined && { token }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    // So that filters know: a stream takes as long as its reader likes.
    ...(streams && { credit: 1 }),
  }
  return { ...rest, meta: all, ...(parent !== undefined && { traceparent: parent }), ...(state !== undefined && { tracestate: state }) }
}
// #endregion

function once(name: string, inBody: string | undefined, inHead: string | undefined): string | undefined {
  if (inBody !== undefined && inHead !== undefined) throw twice(`"${name}" is in the body, and among the headers`)
  return inBody ?? inHead
}

function twice(why: string): RpcError {
  return new RpcError(codes.invalidRequest, 'Invalid Request', why)
}

/** What is no Bearer token is a false one: RFC 6750, section 2.1. */
export function tokenOf(authorization: string): string {
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? authorization
}

/** Of two, `headers` would have the first of some, and a list of others: whoever stands in between may take the second. */
function single(headers: IncomingMessage['headersDistinct'], name: string): string | undefined {
  const values = headers[name] ?? []
  if (values.length > 1) throw twice(`"${name}" is among the headers more than once`)
  return values[0]
}
