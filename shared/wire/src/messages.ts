import { codes, RpcError } from './errors.ts'
import type { ErrorObject, Json } from './errors.ts'
import { parseJson } from './parse-json.ts'
import { around, Rope } from './rope.ts'
import type { Text } from './rope.ts'
import { stringify } from './stringify.ts'

/** What joins a reply to its request. Echoed exactly as it came. */
export type Id = string | number | null

/** Parameters, by position or by name. JSON-RPC 2.0, section 4.2. */
export type Params = Json[] | { [name: string]: Json }

/** A request, or without `id` a notification, which gets no reply. JSON-RPC 2.0, section 4. */
export interface Request extends Readonly<Extras> {
  readonly jsonrpc: '2.0'
  readonly method: string
  readonly params?: Params | null
  readonly id?: Id
}

/** What may ride beside a request. What is not there is not written. */
export interface Extras {
  meta?: Meta
  /** W3C Trace Context. */
  traceparent?: string
  tracestate?: string
}

/** What a caller says about a call. Unknown members are ignored. */
export interface Meta {
  /** Milliseconds that are left: a duration, because clocks differ. */
  timeoutMs?: number
  /** 0 to 9. */
  priority?: number
  token?: string
  idempotencyKey?: string
  /** Items of a stream that may be sent. */
  credit?: number
  /** The caller streams. */
  stream?: boolean
}

const typesOfMeta: Record<keyof Meta, string> = {
  timeoutMs: 'number',
  priority: 'number',
  token: 'string',
  idempotencyKey: 'string',
  credit: 'number',
  stream: 'boolean',
}

/** A reply: it has either `result` or `error`. JSON-RPC 2.0, section 5. */
export interface Reply {
  readonly jsonrpc: '2.0'
  readonly id: Id
  readonly result?: Json
  readonly error?: ErrorObject
  /** Never from the wire: why this end cannot take the reply. */
  readonly failure?: RpcError
}

// #region write
/** A request as JSON text. The envelope is a template: only what varies is stringified. */
export function requestText(id: number, method: string, params?: Params): Text {
  return withParams(`{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)}`, params)
}

function withParams(start: string, params: Params | undefined): Text {
  return params === undefined ? `${start}}` : around(`${start},"params":`, stringify(params) ?? 'null', '}')
}

/** The text of a request, with what rides beside it. Known members only; none is no change. */
export function withExtras(text: Text, extras: Extras): Text {
  const beside = extrasText(extras)
  if (beside === '') return text
  if (typeof text === 'string') return `${text.slice(0, -1)}${beside}}`
  return new Rope(text.before, text.plain, `${text.after.slice(0, -1)}${beside}}`)
}

function extrasText({ meta, traceparent, tracestate }: Extras): string {
  const text = JSON.stringify({ meta, traceparent, tracestate })
  return text === '{}' ? '' : `,${text.slice(1, -1)}`
}

/** A notification as JSON text. */
export function notificationText(method: string, params?: Params): Text {
  return withParams(`{"jsonrpc":"2.0","method":${JSON.stringify(method)}`, params)
}

/** A reply with a result as JSON text; `undefined` is sent as null. */
export function resultText(id: Id, result: unknown): Text {
  const end = `,"id":${typeof id === 'number' ? id : JSON.stringify(id)}}`
  return around('{"jsonrpc":"2.0","result":', stringify(result) ?? 'null', end)
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

/** How much one message may hold. */
export interface MessageLimits {
  /** Arrays and objects inside each other, so that no recursive code runs out of stack. */
  depth: number
  /** Items in a batch. */
  batch: number
}

export const defaultMessageLimits: MessageLimits = { depth: 100, batch: 100 }

/** Parses one frame's body. Throws RpcError: a parse error. */
export function parse(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    throw new RpcError(codes.parseError, 'Parse error')
  }
}

/** True if more than `levels` arrays and objects stand inside each other. Level by level: a limit can be high. */
export function isDeeper(value: unknown, levels: number): boolean {
  for (let level = [value].filter(isNested); level.length > 0; levels--) {
    if (levels === 0) return true
    const below: object[] = []
    for (const nested of level) {
      for (const item of Array.isArray(nested) ? nested : Object.values(nested)) {
        if (isNested(item)) below.push(item)
      }
    }
    level = below
  }
  return false
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

// #region classify
/** True for a well-formed request or notification. */
export function isRequest(message: unknown): message is Request {
  if (!isObject(message) || message['jsonrpc'] !== '2.0') return false
  const { method, params, id } = message
  return (
    typeof method === 'string' &&
    (params === undefined || typeof params === 'object') &&
    (id === undefined || isId(id)) &&
    isMeta(message['meta'])
  )
}

function isMeta(meta: unknown): boolean {
  if (meta === undefined) return true
  if (!isObject(meta)) return false
  for (const name in typesOfMeta) {
    if (Object.hasOwn(meta, name) && typeof meta[name] !== typesOfMeta[name as keyof Meta]) return false
  }
  return true
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

/** The result of a reply. Throws its error as an RpcError `from` the peer; for a malformed one it is `from` here. */
export function resultOf(reply: Reply): Json {
  const { error, result, failure } = reply
  // What comes from the wire may have a member of this name, but never one of this class.
  if (failure instanceof RpcError) throw failure
  // Some write `"error": null` beside a result.
  if (error === undefined || (error === null && result !== undefined)) return result ?? null
  if (isObject(error) && Number.isInteger(error.code) && typeof error.message === 'string') {
    throw new RpcError(error.code, error.message, error.data, 'peer')
  }
  throw new RpcError(codes.internalError, 'the error of the reply is not an error object')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
