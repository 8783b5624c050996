import { codes, RpcError } from './errors.ts'
import type { ErrorObject, Json } from './errors.ts'

/** What joins a reply to its request. Echoed exactly as it came. */
export type Id = string | number | null

/** Parameters, by position or by name. JSON-RPC 2.0, section 4.2. */
export type Params = Json[] | { [name: string]: Json }

/** A request, or without `id` a notification, which gets no reply. JSON-RPC 2.0, section 4. */
export interface Request {
  readonly jsonrpc: '2.0'
  readonly method: string
  readonly params?: Params | null
  readonly id?: Id
}

/** A reply: it has either `result` or `error`. JSON-RPC 2.0, section 5. */
export interface Reply {
  readonly jsonrpc: '2.0'
  readonly id: Id
  readonly result?: Json
  readonly error?: ErrorObject
}

// #region write
/** A request as JSON text. The envelope is a template: only what varies is stringified. */
export function requestText(id: number, method: string, params?: Params): string {
  const rest = params === undefined ? '' : `,"params":${JSON.stringify(params)}`
  return `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)}${rest}}`
}

/** A notification as JSON text. */
export function notificationText(method: string, params?: Params): string {
  const rest = params === undefined ? '' : `,"params":${JSON.stringify(params)}`
  return `{"jsonrpc":"2.0","method":${JSON.stringify(method)}${rest}}`
}

/** A reply with a result as JSON text; `undefined` is sent as null. */
export function resultText(id: Id, result: unknown): string {
  return `{"jsonrpc":"2.0","result":${JSON.stringify(result) ?? 'null'},"id":${typeof id === 'number' ? id : JSON.stringify(id)}}`
}

/** A reply with an error as JSON text. */
export function errorText(id: Id, error: RpcError): string {
  return `{"jsonrpc":"2.0","error":${JSON.stringify(errorObject(error))},"id":${JSON.stringify(id)}}`
}

/** An error as it stands on the wire. */
export function errorObject({ code, message, data }: RpcError): ErrorObject {
  return data === undefined ? { code, message } : { code, message, data }
}
// #endregion

/** Items in a batch, at most. */
export const maxBatch = 100
/** Arrays and objects inside each other, at most, so that no recursive code runs out of stack. */
export const maxDepth = 100

/** Parses one frame's body. Throws RpcError: a parse error, or an invalid request if too deep. */
export function parse(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new RpcError(codes.parseError, 'Parse error')
  }
  // A level takes two characters, so a short text cannot be too deep.
  if (text.length > 2 * maxDepth && isDeeper(value, maxDepth)) {
    throw new RpcError(codes.invalidRequest, 'Invalid Request', `nested over ${maxDepth} levels`)
  }
  return value
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    if (isDeeper(item, levels - 1)) return true
  }
  return false
}

// #region classify
/** True for a well-formed request or notification. */
export function isRequest(message: unknown): message is Request {
  if (!isObject(message) || message['jsonrpc'] !== '2.0') return false
  const { method, params, id } = message
  return (
    typeof method === 'string' &&
    (params === undefined || typeof params === 'object') &&
    (id === undefined || isId(id))
  )
}

/** True for what must have been meant as a reply; those are never answered, right or wrong. */
export function isReply(message: unknown): message is Reply {
  if (!isObject(message) || 'method' in message) return false
  return 'result' in message || 'error' in message
}

/**
 * Strings, null and numbers, but not 9007199254740993: a number that JSON.parse has changed
 * cannot be echoed. Fractions can.
 */
export function isId(id: unknown): id is Id {
  if (typeof id !== 'number') return typeof id === 'string' || id === null
  return Number.isSafeInteger(id) || (Number.isFinite(id) && !Number.isInteger(id))
}
// #endregion

/** The result of a reply. Throws its error as an RpcError; a malformed one is an internal error. */
export function resultOf(reply: Reply): Json {
  const { error, result } = reply
  if (error === undefined) return result ?? null
  if (isObject(error) && Number.isInteger(error.code) && typeof error.message === 'string') {
    throw new RpcError(error.code, error.message, error.data)
  }
  throw new RpcError(codes.internalError, 'the error of the reply is not an error object')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
