import { isUtf8 } from 'node:buffer'
import type { OutgoingHttpHeaders } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Address, Request } from '@rpc-steps/async-await'
import { retryAfterOf } from '@rpc-steps/resilience'
import type { Door, Inside } from '@rpc-steps/security'
import { codes, defaultLimits, DisconnectedError, errorText, Inbox, RpcError } from '@rpc-steps/wire'
import type { MessageLimits, Respond } from '@rpc-steps/wire'
import { besides } from './besides.ts'
import { contract } from './contract.ts'
import type { Contract } from './contract.ts'
import { accepts, allowed, mayAsk, refusalOf, tooLarge } from './http-rules.ts'
import type { Refusal } from './http-rules.ts'
import { run } from './outside.ts'
import type { Running } from './outside.ts'
import { Events } from './sse.ts'
import { rowOf } from './statuses.ts'
import { webServer } from './web-server.ts'
import type { Asked, WebOptions } from './web-server.ts'

/** How it is served. */
export interface HttpOptions extends WebOptions, Partial<MessageLimits> {
  /** Bytes of a body. Default 4 MiB. */
  body?: number
  /** Which methods answer with a stream. Default: those of the service. */
  contract?: Contract
  /** Takes the errors that a client must not see. Default: standard error. */
  log?: (line: string) => void
}

// #region http-door
/** The service over HTTP: each POST has one request, or one batch. Rejects with Node's SystemError if nobody can listen there. */
export function httpDoor(address: Address, options: HttpOptions = {}): (inside: Inside) => Promise<Door & Address> {
  return (inside) => webServer(inside, address, (asked) => void new Exchange(asked, inside, options).run(), options)
}
// #endregion

const left = new DisconnectedError('the caller has gone')
/** Milliseconds for a client to hear why it was refused, while it may still send. */
const linger = 1000

/** One request of HTTP and its response. */
class Exchange {
  readonly #asked: Asked
  readonly #inside: Inside
  readonly #options: HttpOptions
  readonly #running = new Set<Running>()
  #events: Events | undefined
  /** What nobody has run was no request. */
  #status = 400
  readonly #headers: OutgoingHttpHeaders = {}
  /** The client has gone. */
  #left = false

  constructor(asked: Asked, inside: Inside, options: HttpOptions) {
    this.#asked = asked
    this.#inside = inside
    this.#options = options
  }

  // #region exchange
  async run(): Promise<void> {
    const { request, response, goOn } = this.#asked
    const { origins = [], body = defaultLimits.body } = this.#options
    response.setHeader('vary', 'Origin')
    const refusal = refusalOf(request, origins, body)
    if (request.headers.origin !== undefined && refusal?.status !== 403) {
      response.setHeader('access-control-allow-origin', request.headers.origin)
      response.setHeader('access-control-expose-headers', 'Retry-After')
    }
    if (refusal) return this.#refuse(refusal)
    if (request.method === 'OPTIONS') return this.#preflight()
    goOn()
    try {
      const text = await this.#body(body)
      if (text === undefined) this.#refuse(tooLarge(body))
      else this.#receive(text)
    } catch {
      // gone in the middle of it
    }
  }

  /** A browser asks whether a page may send what it wants to; others ask what there is. */
  #preflight(): void {
    const { request, response } = this.#asked
    response.writeHead(204, { allow: allowed, ...(request.headers.origin !== undefined && mayAsk) }).end()
  }

  /** Undefined if it is too large. Rejects if the client goes first. */
  async #body(mostBytes: number): Promise<string | undefined> {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of this.#asked.request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > mostBytes) return undefined
      chunks.push(chunk)
    }
    const bytes = Buffer.concat(chunks)
    // A text that is no JSON, as everywhere here.
    return isUtf8(bytes) ? bytes.toString() : '\uFFFD'
  }
  // #endregion

  /**
   * What is still on its way of the body is read and dropped for a moment: to close with bytes unread sends a
   * reset, which may overtake the answer.
   */
  #refuse({ status, why, headers }: Refusal): void {
    const { request, response } = this.#asked
    const text = errorText(null, new RpcError(codes.invalidRequest, 'Invalid Request', why))
    const length = request.headers['transfer-encoding'] ?? request.headers['content-length'] ?? '0'
    const unread = length !== '0' && !request.complete
    response.writeHead(status, { ...headers, ...jsonOf(text), ...(unread && { connection: 'close' }) })
    if (!unread || request.method === 'HEAD') return void response.end(text)
    response.write(text)
    request.resume()
    const enough = new AbortController()
    for (const event of ['end', 'close']) request.once(event, () => enough.abort())
    void delay(linger, undefined, enough).catch(() => {}).then(() => response.end())
  }

  // #region receive
  #receive(text: string): void {
    const { response, line } = this.#asked
    const abort = () => {
      this.#left = true
      for (const running of this.#running) running.abort(left)
    }
    line.gone.add(abort)
    response.once('close', () => line.gone.delete(abort))

    const isSingle = text.trimStart().startsWith('{')
    let size = text.length // of the requests of a batch, the first has all characters
    const inbox = new Inbox({
      request: (request, respond) => {
        this.#run(request, isSingle, size, respond)
        size = 0
      },
      reply: () => {}, // nothing was asked
      send: (text) => this.#send(String(text)),
      internalError: this.#options.log ?? console.error,
    }, this.#options)
    inbox.receive(text)
    // Notifications: they have been taken up, and nobody will hear more.
    if (inbox.inFlight === 0 && !response.writableEnded) response.writeHead(204).end()
  }

  #run(request: Request, isSingle: boolean, size: number, respond: Respond): void {
    const { request: { headersDistinct, socket }, response, line } = this.#asked
    const isCall = request.id !== undefined
    const end: Respond = (error, result) => {
      if (this.#left && isCall) return // nobody hears it
      this.#outcome(error)
      respond(error, result)
    }
    const streams = isSingle && isCall && this.#wantsEvents(request)
    if (streams) this.#events = new Events(response)
    let running: Running
    try {
      running = run(this.#inside.handler, besides(request, headersDistinct, { isSingle, streams }), {
        guest: line.guest, label: socket.remotePort ?? 0, size,
        carrier: this.#events && { writer: this.#events.writer },
      })
    } catch (error) {
      return end(error)
    }
    if (isCall) this.#running.add(running)
    running.answer
      .then((result) => end(null, result), (error: unknown) => end(error ?? new Error('the handler rejected with nothing')))
      .finally(() => this.#running.delete(running))
  }

  /** A browser's fetch accepts everything: who wants events says so. */
  #wantsEvents({ method }: Request): boolean {
    const { request } = this.#asked
    if (!/event-stream/i.test(request.headers.accept ?? '') || !accepts(request, 'text/event-stream')) return false
    const methods: Contract = this.#options.contract ?? contract
    return !accepts(request, 'application/json') || (Object.hasOwn(methods, method) && methods[method]!.down !== undefined)
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
    const { response } = this.#asked
    if (this.#events && (this.#events.begun || this.#status === 200)) {
      const { error, result } = JSON.parse(text) as { error?: unknown; result?: unknown }
      return error === undefined ? this.#events.end('end', result) : this.#events.end('error', error)
    }
    const isBatch = text.startsWith('[')
    response.writeHead(isBatch ? 200 : this.#status, { ...jsonOf(text), ...(!isBatch && this.#headers) }).end(text)
  }
  // #endregion
}

const jsonOf = (text: string) => ({ 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
