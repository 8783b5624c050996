import { once } from 'node:events'
import * as http from 'node:http'
import * as https from 'node:https'
import type { Address, Call, CallOptions, Json, Params } from '@rpc-steps/async-await'
import { codes, defaultLimits, DisconnectedError, FramingError, isReply, parse, requestText, resultOf, RpcError, withExtras } from '@rpc-steps/wire'
import type { Caller } from './over-peer.ts'
import type { Remote } from './remote.ts'
import { rowOfHttp } from './statuses.ts'

/**
 * The service over HTTP. Giving up hangs up, which tells the server. HTTP carries no stream up: what has one
 * is refused here, as UNIMPLEMENTED.
 */
export function overHttp(address: Address, { credentials, token }: Caller = {}): Remote {
  const how = { keepAlive: true, maxSockets: 256 } // one call at a time on each; more wait here
  const agent = credentials ? new https.Agent({ ...how, ...credentials }) : new http.Agent(how)
  const { request } = credentials ? https : http
  let last = 0

  /** Sends a request; resolves with the head of the response. */
  const post = async (accept: string, method: string, params: Params | undefined, { signal, extras }: CallOptions): Promise<http.IncomingMessage> => {
    signal?.throwIfAborted()
    const { meta: { token: own = token, idempotencyKey, ...meta } = {}, traceparent, tracestate } = extras?.() ?? {}
    const body = String(withExtras(requestText(++last, method, params), Object.keys(meta).length > 0 ? { meta } : {}))
    const headers = {
      accept, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body),
      ...(own !== undefined && { authorization: `Bearer ${own}` }),
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      ...(traceparent !== undefined && { traceparent }),
      ...(tracestate !== undefined && { tracestate }),
    }
    const { host, port } = address
    const sent = request({ host, port, method: 'POST', path: '/', headers, agent })
    const hangUp = () => sent.destroy(signal!.reason as Error)
    signal?.addEventListener('abort', hangUp)
    sent.once('close', () => signal?.removeEventListener('abort', hangUp))
    sent.end(body)
    try {
      const [response] = (await once(sent, 'response')) as [http.IncomingMessage]
      return response
    } catch (error) {
      // Who could not connect has sent nothing.
      throw lost(error, signal, (error as { syscall?: string }).syscall !== 'connect')
    }
  }

  const call: Call = async (method, params, options = {}) => {
    const response = await post('application/json', method, params, options)
    try {
      return replyOf(response, await text(response))
    } catch (error) {
      throw lost(error, options.signal)
    }
  }

  async function* stream(method: string, params?: Params, { up, ...options }: CallOptions & { up?: unknown } = {}): AsyncGenerator<Json, void> {
    if (up !== undefined) throw noWayUp()
    const response = await post('text/event-stream', method, params, options)
    try {
      if (!/^text\/event-stream\b/.test(response.headers['content-type'] ?? '')) {
        replyOf(response, await text(response))
        throw new RpcError(codes.internalError, `the answer to ${method} came whole: it is no stream`)
      }
      for await (const { name, data } of eventsOf(response)) {
        if (name === 'end') return
        if (name === 'error') throw errorOf(data)
        yield data
      }
      throw new DisconnectedError()
    } catch (error) {
      throw lost(error, options.signal)
    } finally {
      response.destroy() // whoever leaves the loop hangs up
    }
  }

  return {
    call, stream,
    upload: () => Promise.reject(noWayUp()),
    async close() {
      agent.destroy()
    },
  }
}

const noWayUp = () => new RpcError(codes.methodNotFound, 'HTTP carries no stream up', { status: 'UNIMPLEMENTED' })

/** What went wrong, as everywhere here. */
function lost(error: unknown, signal: AbortSignal | undefined, sent = true): unknown {
  if (signal?.aborted) return signal.reason
  if (error instanceof RpcError || error instanceof DisconnectedError || error instanceof FramingError) return error
  return new DisconnectedError(undefined, { cause: error, sent })
}

async function text(response: http.IncomingMessage): Promise<string> {
  let text = ''
  response.setEncoding('utf8')
  for await (const chunk of response as AsyncIterable<string>) {
    text += chunk
    if (text.length > defaultLimits.body) throw new FramingError(`the answer is over the limit of ${defaultLimits.body} characters`)
  }
  return text
}

/** Whoever stands between may answer, too: then there is only a status. */
function replyOf({ statusCode = 0, headers }: http.IncomingMessage, body: string): Json {
  const reply = /^application\/json\b/.test(headers['content-type'] ?? '') ? parse(body) : undefined
  if (isReply(reply)) return resultOf(reply)
  const { code, status } = rowOfHttp(statusCode)
  throw new RpcError(code, `the server answered with HTTP status ${statusCode}`, { status }, 'peer')
}

function errorOf(error: Json): unknown {
  try {
    return resultOf({ jsonrpc: '2.0', id: null, error: error as never })
  } catch (thrown) {
    return thrown
  }
}

/** The events of a stream, as fast as they are taken; of the fields only those that our server writes. */
async function* eventsOf(response: http.IncomingMessage): AsyncGenerator<{ name: string; data: Json }> {
  let rest = ''
  response.setEncoding('utf8')
  for await (const chunk of response as AsyncIterable<string>) {
    const events = (rest + chunk).split('\n\n')
    rest = events.pop()!
    if (rest.length > defaultLimits.body) throw new FramingError(`an event is over the limit of ${defaultLimits.body} characters`)
    for (const event of events) {
      const fields = new Map(event.split('\n').map((line) => line.split(/: ?(.*)/s, 2) as [string, string]))
      if (fields.has('data')) yield { name: fields.get('event') ?? 'message', data: parse(fields.get('data')!) as Json }
    }
  }
}
