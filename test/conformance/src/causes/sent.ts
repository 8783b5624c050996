import { isUtf8 } from 'node:buffer'
import type { Case, Step } from '../notation.ts'

/** A message that a case has sent, or tried to: its JSON, if it is any. */
export interface Sent {
  readonly bytes: Buffer
  /** Absent when the body is not JSON. */
  readonly json?: unknown
  readonly body: Buffer
}

export type Message = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What a case sends on one connection, up to this line. */
export function sentOn({ script, framing }: Case, on: string, untilLine = Infinity): Sent[] {
  const sends = script.filter((step): step is Extract<Step, { kind: 'send' }> => step.kind === 'send')
  return sends.filter((step) => step.on === on && step.line < untilLine).map(({ bytes }) => {
    const body = framing === 'newline' ? bytes : bytes.subarray(bytes.indexOf('\r\n\r\n') + 4)
    try {
      return { bytes, body, json: JSON.parse(body.toString()) as unknown }
    } catch {
      return { bytes, body }
    }
  })
}

/** The requests among these, those of batches with them. */
export function requestsOf(sent: readonly Sent[]): Message[] {
  return sent.flatMap(({ json }) => (Array.isArray(json) ? (json as unknown[]) : [json])).filter(isObject)
}

/** What a message is, for a sentence: "a batch", "a notification". */
export function describe({ json, body }: Sent, withId = false): string {
  if (body.length === 0) return 'a frame without a body'
  if (!isUtf8(body)) return 'a body that is not UTF-8'
  if (json === undefined) return 'a body that is not JSON'
  if (Array.isArray(json)) {
    if (json.length === 0) return 'an empty batch'
    return `a batch ${json.every((one) => isObject(one) && 'method' in one && !('id' in one)) ? 'of notifications only' : `of ${json.length}`}`
  }
  if (!isObject(json)) return `JSON that is no object (${JSON.stringify(json).slice(0, 20)})`
  if ('result' in json || 'error' in json) return 'a reply that it has not asked for'
  if (json['jsonrpc'] !== '2.0') return `a request whose "jsonrpc" is ${'jsonrpc' in json ? JSON.stringify(json['jsonrpc']) : 'missing'}`
  if (typeof json['method'] !== 'string') return `a request whose method is ${'method' in json ? JSON.stringify(json['method']) : 'missing'}`
  const what = 'id' in json ? describeCall(json, withId) : `a notification (a request without an id) of "${json['method']}"`
  return what
}

function describeCall({ id, method, params }: Message, withId: boolean): string {
  const unusual = id === null || id === '' || id === 0 || typeof id === 'object' || typeof id === 'boolean' || (typeof id === 'number' && (id < 0 || !Number.isSafeInteger(id)))
  if (unusual) return `a request whose id is ${JSON.stringify(id).slice(0, 40)}`
  const how = params === undefined ? ' without parameters' : params === null ? ' with parameters null' : Array.isArray(params) ? ' with parameters in order (an array)' : typeof params === 'object' ? ' with parameters by name (an object)' : ` whose parameters are a ${typeof params}`
  return `a call of "${String(method).slice(0, 40)}"${how}${withId && typeof id === 'string' ? ', whose id is a string' : ''}`
}
