import { isUtf8 } from 'node:buffer'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Address, Request } from '@rpc-steps/async-await'
import { retryAfterOf } from '@rpc-steps/resilience'
import type { Door, Inside } from '@rpc-steps/security'
import { codes, defaultLimits, DisconnectedError, errorText, Inbox, RpcError } from '@rpc-steps/wire'
import type { MessageLimits } from '@rpc-steps/wire'
import { besides } from './besides.ts'
import { contract } from './contract.ts'
import type { Contract } from './contract.ts'
import { run } from './outside.ts'
import type { Running } from './outside.ts'
import { Events } from './sse.ts'
import { rowOf } from './statuses.ts'
import { mayCall, webServer } from './web-server.ts'
import type { Line, WebOptions, WebServer } from './web-server.ts'

/** How it is served. */
export interface HttpOptions extends WebOptions, Partial<MessageLimits> {
  /** Bytes of a body. Default 4 MiB. */
  body?: number
  /** Which methods answer with a stream. Default: those of the service. */
  contract?: Contract
  /** Takes the errors that a client must not see. Default: standard error. */
  log?: (line: string) => void
}

/** What a request for us must be; whoever sends another is told why. */
interface Refusal {
  status: number
  why: string
  headers?: OutgoingHttpHeaders
}

// #region http-door
/** The service over HTTP: each POST has one request, or one batch. Rejects with Node's SystemError if nobody can listen there. */
export function httpDoor(address: Address, options: HttpOptions = {}): (inside: Inside) => Promise<Door & Address> {
  return async (inside) => {
    const web = await webServer(inside, address, (request, response, goOn) => {
      void new Exchange(request, response, { inside, options, web }).run(goOn)
    }, options)
    return web
  }
}
// #endregion

const allowed = 'OPTIONS, POST'
const mayAsk: OutgoingHttpHeaders = {
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers': 'Authorization, Content-Type, Idempotency-Key, Traceparent, Tracestate',
  'access-control-max-age': '600',
}
const left = new DisconnectedError('the caller has gone')
/** Milliseconds for a client to hear why it was refused, while it may still send. */
const linger = 1000

/** One POST and its response. */
class Exchange {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #inside: Inside
  readonly #options: HttpOptions
  readonly #line: Line
  readonly #running = new Set<Running>()
  #status = 400 // what nobody has run was no request
  readonly #headers: OutgoingHttpHeaders = {}
  #events: Events | undefined
  /** The client has gone. */
  #left = false
  #text = ''
  #label = 0

  constructor(request: IncomingMessage, response: ServerResponse, { inside, options, web }: { inside: Inside; options: HttpOptions; web: WebServer }) {
    this.#request = request
    this.#response = response
    this.#inside = inside
    this.#options = options
    this.#line = web.lineOf(request.socket)
  }

  // #region exchange
  async run(goOn: () => void): Promise<void> {
    const { origin } = this.#request.headers
    const { origins = [] } = this.#options
    this.#response.setHeader('vary', 'Origin')
    if (origin !== undefined && origins.includes(origin)) {
      this.#response.setHeader('access-control-allow-origin', origin)
      this.#response.setHeader('access-control-expose-headers', 'Retry-After')
    }
    const refusal = this.#refusal()
    if (refusal) return this.#refuse(refusal)
    if (this.#request.method === 'OPTIONS') return this.#preflight()
    goOn()
    let text: string | undefined
    try {
      text = await this.#body()
    } catch {
      return // gone in the middle of it
    }
    if (text === undefined) return this.#refuse(this.#tooLarge())
    this.#receive(text)
  }

  /** In the order of what costs least; nothing of the body has been read. */
  #refusal(): Refusal | undefined {
    const { method, url, headers } = this.#request
    const { body = defaultLimits.body } = this.#options
    if (!mayCall(this.#request, this.#options.origins ?? [])) {
      return { status: 403, why: 'pages of this origin may not call: the server names those that may with --origin' }
    }
    if (method === 'OPTIONS') return undefined
    if (pathOf(url!) !== '/') return { status: 404, why: 'there is nothing but /' }
    if (method !== 'POST') return { status: 405, why: 'send a POST', headers: { allow: allowed } }
    // A page may send other types to anybody without having asked; this one it may not (Fetch, "CORS-safelisted").
    if (!isJson(headers['content-type'])) return { status: 415, why: 'the body must be application/json, in UTF-8', headers: { 'accept-post': 'application/json' } }
    if ((headers['content-encoding'] ?? 'identity') !== 'identity') return { status: 415, why: 'the body must not be compressed', headers: { 'accept-encoding': 'identity' } }
    if (!this.#accepts('application/json') && !this.#accepts('text/event-stream')) return { status: 406, why: 'there is application/json, and text/event-stream' }
    if (Number(headers['content-length'] ?? 0) > body) return this.#tooLarge()
    return undefined
  }
  // #endregion

  #tooLarge(): Refusal {
    return { status: 413, why: `the body may have at most ${this.#options.body ?? defaultLimits.body} bytes` }
  }

  #accepts(type: string): boolean {
    const { accept = '*/*' } = this.#request.headers
    const ranges = accept.split(',').map((range) => range.split(';').map((part) => part.trim().toLowerCase()))
    const [family] = type.split('/')
    return ranges.some(([range, ...parameters]) => {
      if (parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) return false
      return range === type || range === `${family}/*` || range === '*/*'
    })
  }

  /** A browser asks whether a page may send what it wants to. */
  #preflight(): void {
    this.#response.writeHead(204, { allow: allowed, ...(this.#request.headers.origin !== undefined && mayAsk) }).end()
  }

  /**
   * What is still on its way of the body is read and dropped for a moment: to close with bytes unread sends a
   * reset, which may overtake the answer.
   */
  #refuse({ status, why, headers }: Refusal): void {
    const [request, response] = [this.#request, this.#response]
    const text = errorText(null, new RpcError(codes.invalidRequest, 'Invalid Request', why))
    const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
    response.writeHead(status, {
      ...headers, ...jsonOf(text), ...(hasBody && !request.complete && { connection: 'close' }),
    })
    if (request.method === 'HEAD' || !hasBody || request.complete) return void response.end(text)
    response.write(text)
    request.resume()
    const enough = new AbortController()
    for (const event of ['end', 'close']) request.once(event, () => enough.abort())
    void delay(linger, undefined, enough).catch(() => {}).then(() => response.end())
  }

  /** Undefined if it is too large. Rejects if the client goes first. */
  async #body(): Promise<string | undefined> {
    const { body = defaultLimits.body } = this.#options
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of this.#request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > body) return undefined
      chunks.push(chunk)
    }
    const bytes = Buffer.concat(chunks)
    // A text that is no JSON, as everywhere here.
    return isUtf8(bytes) ? bytes.toString() : '\uFFFD'
  }

  // #region receive
  #receive(text: string): void {
    const response = this.#response
    const { gone } = this.#line
    const abort = () => {
      this.#left = true
      for (const running of this.#running) running.abort(left)
    }
    gone.add(abort)
    response.once('close', () => gone.delete(abort))
    this.#text = text
    this.#label = this.#request.socket.remotePort ?? 0
    const inbox = new Inbox({
      request: (request, respond) => {
        const isSingle = text.trimStart().startsWith('{')
        this.#run(request, isSingle, (error, result) => {
          if (this.#left && request.id !== undefined) return // nobody hears it
          this.#outcome(error)
          respond(error, result)
        })
      },
      reply: () => {}, // nothing was asked
      send: (text) => this.#send(String(text)),
      internalError: this.#options.log ?? console.error,
    }, this.#options)
    inbox.receive(text)
    // Notifications: they have been taken up, and nobody will hear more.
    if (inbox.inFlight === 0 && !response.writableEnded) response.writeHead(204).end()
  }

  #run(request: Request, isSingle: boolean, respond: (error: unknown, result?: unknown) => void): void {
    const { headers } = this.#request
    const streams = isSingle && request.id !== undefined && this.#wantsEvents(request)
    if (streams) this.#events = new Events(this.#response)
    let running: Running
    try {
      running = run(this.#inside.handler, besides(request, headers, { isSingle, streams }), {
        guest: this.#line.guest,
        label: this.#label,
        size: this.#text.length,
        carrier: this.#events && { writer: this.#events.writer },
      })
    } catch (error) {
      return respond(error)
    }
    this.#text = '' // of the requests of a batch, the first has all characters
    if (request.id !== undefined) this.#running.add(running)
    running.answer.then((result) => respond(null, result), (error: unknown) => respond(error ?? new Error('the handler rejected with nothing')))
      .finally(() => this.#running.delete(running))
  }

  #wantsEvents({ method }: Request): boolean {
    if (!this.#accepts('text/event-stream') || this.#request.headers.accept === undefined) return false
    const methods: Contract = this.#options.contract ?? contract
    return !this.#accepts('application/json') || (Object.hasOwn(methods, method) && methods[method]!.down !== undefined)
  }
  // #endregion

  // #region outcome
  /** What a single request has come to is said by the status, too. */
  #outcome(error: unknown): void {
    this.#status = error === null || error === undefined ? 200 : rowOf(error).http
    const retryAfterMs = retryAfterOf(error)
    if (retryAfterMs > 0) this.#headers['retry-after'] = String(Math.ceil(retryAfterMs / 1000))
    if (this.#status === 401) this.#headers['www-authenticate'] = 'Bearer'
  }

  #send(text: string): void {
    if (this.#response.destroyed) return
    if (this.#events?.begun || (this.#events && this.#status === 200)) {
      const { error, result } = JSON.parse(text) as { error?: unknown; result?: unknown }
      return error === undefined ? this.#events.end('end', result) : this.#events.end('error', error)
    }
    const isBatch = text.startsWith('[')
    this.#response.writeHead(isBatch ? 200 : this.#status, { ...jsonOf(text), ...(!isBatch && this.#headers) })
    this.#response.end(text)
  }
  // #endregion
}

const jsonOf = (text: string) => ({ 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })

/** A browser's form or script can send `text/plain` to anybody; and the charset of JSON is UTF-8 (RFC 8259). */
function isJson(type = ''): boolean {
  return /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i.test(type)
}

function pathOf(url: string): string {
  return url.split('?', 1)[0]!
}
