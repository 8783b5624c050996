import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { mayCall } from './web-server.ts'

/** Why a request is none for us, and what its sender is told. */
export interface Refusal {
  status: number
  why: string
  headers?: OutgoingHttpHeaders
}

/** What can be sent to us. */
export const allowed = 'OPTIONS, POST'

/** What a page may send, once a browser has asked. */
export const mayAsk: OutgoingHttpHeaders = {
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers': 'Authorization, Content-Type, Idempotency-Key, Traceparent, Tracestate',
  'access-control-max-age': '600',
}

/** Looks at the head of a request, before a byte of its body is read or kept: RFC 9110, section 15.5. */
export function refusalOf(request: IncomingMessage, origins: readonly string[], mostBytes: number): Refusal | undefined {
  const { method, headers, url = '/' } = request
  if (!mayCall(request, origins)) {
    return { status: 403, why: 'pages of this origin may not call: the server names those that may with --origin' }
  }
  if (method === 'OPTIONS') return undefined
  if (url.split('?', 1)[0] !== '/') return { status: 404, why: 'there is nothing but /' }
  if (method !== 'POST') return { status: 405, why: 'send a POST', headers: { allow: allowed } }
  // A page may send other types to anybody without having asked; this one it may not (Fetch, "CORS-safelisted").
  if (!isJson(headers['content-type'])) {
    return { status: 415, why: 'the body must be application/json, in UTF-8', headers: { 'accept-post': 'application/json' } }
  }
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    return { status: 415, why: 'the body must not be compressed', headers: { 'accept-encoding': 'identity' } }
  }
  if (!accepts(request, 'application/json') && !accepts(request, 'text/event-stream')) {
    return { status: 406, why: 'there is application/json, and text/event-stream' }
  }
  return Number(headers['content-length'] ?? 0) > mostBytes ? tooLarge(mostBytes) : undefined
}

export function tooLarge(mostBytes: number): Refusal {
  return { status: 413, why: `the body may have at most ${mostBytes} bytes` }
}

/** The charset of JSON is UTF-8 (RFC 8259, section 8.1), whether or not that is said. */
function isJson(type = ''): boolean {
  return /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i.test(type)
}

/** Whether an answer of this type is welcome: RFC 9110, section 12.5.1. How welcome is not asked. */
export function accepts({ headers }: IncomingMessage, type: string): boolean {
  const { accept = '*/*' } = headers
  const [family] = type.split('/')
  return accept.split(',').some((part) => {
    const [range, ...parameters] = part.toLowerCase().split(';').map((piece) => piece.trim())
    if (parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) return false
    return range === type || range === `${family}/*` || range === '*/*'
  })
}
