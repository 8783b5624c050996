import type { Extras, Meta, Request } from '@rpc-steps/wire'
import { codes, RpcError } from '@rpc-steps/wire'
import type { Headers, Message } from './broker.ts'

const timeout = 'Timeout-Ms'
const authorization = 'Authorization'
const traceNames = ['traceparent', 'tracestate'] as const

// #region headers
/**
 * What concerns the way of a request and not its content rides as headers: who may not read a payload can still
 * see how long it is of use, whose it is, and to which trace it belongs.
 */
export function withHeaders({ meta: { timeoutMs, token, ...meta } = {}, traceparent, tracestate }: Extras): { headers: Headers | undefined; extras: Extras } {
  const headers: Record<string, string> = {}
  if (timeoutMs !== undefined) headers[timeout] = String(timeoutMs)
  if (token !== undefined) headers[authorization] = `Bearer ${token}`
  for (const [name, value] of Object.entries({ traceparent, tracestate })) if (value !== undefined) headers[name] = value
  const none = Object.keys(headers).length === 0
  return { headers: none ? undefined : headers, extras: Object.keys(meta).length === 0 ? {} : { meta } }
}

/**
 * The request with what its headers say. What is said in both places is refused with RpcError -32600: then nobody has
 * to know which of them counts.
 */
export function fromHeaders(request: Request, message: Message): Request {
  const [ms, who] = [message.header(timeout), message.header(authorization)]
  const meta: Meta = { ...request.meta }
  if (ms !== undefined) meta.timeoutMs = once('timeoutMs', meta.timeoutMs, milliseconds(ms))
  if (who !== undefined) meta.token = once('token', meta.token, tokenOf(who))
  const traced: Omit<Extras, 'meta'> = {}
  for (const name of traceNames) {
    const value = message.header(name)
    if (value !== undefined) traced[name] = once(name, request[name], value)
  }
  return { ...request, ...traced, ...(Object.keys(meta).length > 0 && { meta }) }
}

function once<T>(name: string, inPayload: T | undefined, inHeader: T): T {
  if (inPayload === undefined) return inHeader
  throw wrong(`"${name}" is in the payload, and among the headers`)
}
// #endregion

function milliseconds(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw wrong(`${timeout} must be a whole number of milliseconds`)
}

function tokenOf(text: string): string {
  const token = /^Bearer +(\S+)$/i.exec(text)?.[1]
  if (token === undefined) throw wrong(`${authorization} must be Bearer and a token`)
  return token
}

function wrong(how: string): RpcError {
  return new RpcError(codes.invalidRequest, 'Invalid Request', how)
}

/** The number of a message among those of its stream and direction, from 1. */
export const seq = 'Seq'

/** Throws RpcError -32600 if it is no number. */
export function seqOf(message: Message): number {
  const text = message.header(seq)
  if (text !== undefined && /^\d{1,15}$/.test(text)) return Number(text)
  throw wrong(`each message of a stream needs its number: the header ${seq}`)
}
