/** Any value that JSON can say (RFC 8259). */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/**
 * JSON-RPC error codes: the five of the specification (section 5.1), one of LSP 3.17, and those of
 * this project, each named after its status in gRPC. What a code means is a matter between the two
 * ends: libraries disagree about -32000 to -32099.
 */
export const codes = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  /** LSP's name; CANCELLED in gRPC. */
  requestCancelled: -32800,
  deadlineExceeded: -32008,
  resourceExhausted: -32029,
  unavailable: -32014,
  unauthenticated: -32001,
  permissionDenied: -32003,
} as const

/** The error object of a reply, as it stands on the wire. JSON-RPC 2.0, section 5.1. */
export interface ErrorObject {
  code: number
  message: string
  data?: Json
}

/**
 * An error meant for the peer: thrown by a handler it becomes the error of the reply, and a
 * reply with an error becomes one of these in the caller.
 */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: number
  readonly data: Json | undefined
  /** Who made it: the other end, which has sent it, or this one. */
  readonly from: 'peer' | 'here'

  constructor(code: number, message: string, data?: Json, from: 'peer' | 'here' = 'here') {
    super(message)
    this.code = code
    this.data = data
    this.from = from
  }
}

/**
 * The connection ended before the reply came. Every call still pending is settled with one of
 * these; `cause` says what ended the connection, if it was an error.
 */
export class DisconnectedError extends Error {
  override readonly name = 'DisconnectedError'
  readonly code = 'ERR_DISCONNECTED'
  /** False when the request was never written: then the other end has not seen it, and another may be asked. */
  readonly sent: boolean

  constructor(message?: string, { cause, sent = true }: { cause?: unknown; sent?: boolean } = {}) {
    message ??= `the connection ended before the ${sent ? 'reply came' : 'request was sent'}`
    super(message, cause === undefined ? undefined : { cause })
    this.sent = sent
  }
}

/**
 * The byte stream broke the rules of framing, so nobody knows where the next message begins.
 * Fatal for its connection, and only for that one.
 */
export class FramingError extends Error {
  override readonly name = 'FramingError'
  readonly code = 'ERR_FRAMING'
  /** `parseError`, or `invalidRequest` for a frame that is too large. */
  readonly rpcCode: number

  constructor(message: string, rpcCode: number = codes.parseError) {
    super(message)
    this.rpcCode = rpcCode
  }

  /** What to tell the peer, with id null, before closing. */
  toRpcError(): RpcError {
    const message = this.rpcCode === codes.parseError ? 'Parse error' : 'Invalid Request'
    return new RpcError(this.rpcCode, message, this.message)
  }
}
