import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { defaultLimits } from '@rpc-steps/wire'
import { serving } from '@rpc-steps/async-await'
import type { Address } from '@rpc-steps/async-await'
import type { Door, Guest, Inside } from '@rpc-steps/security'

/** How a server of HTTP behaves, whatever it answers. */
export interface WebOptions {
  /** Pages of these origins may call it: `https://example.org`. Others may not. Default none. */
  origins?: readonly string[]
  /** Milliseconds in which the head of a request must come. Default 30,000. */
  headTimeout?: number
  /** And all of it. Default 300,000. */
  requestTimeout?: number
  /** Milliseconds that a connection may be kept without a request. Default 5,000. */
  idle?: number
  /** Milliseconds in which a client must take something of what waits for it. Default 30,000. */
  sendTimeout?: number
  /** Milliseconds without progress that `close` leaves to what is in flight. Default 5,000. */
  grace?: number
}

/** A connection, and what is in flight on it. */
export interface Line {
  readonly guest: Guest
  readonly responses: Set<ServerResponse>
  /** Each is called when the connection has gone. A response says so only if its turn has come. */
  readonly gone: Set<() => void>
}

/** A request that somebody has sent. */
export interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly line: Line
  /** Its body is wanted: some ask before they send one (RFC 9110, section 10.1.1). */
  goOn(): void
}

/** A server of HTTP behind a gate. */
export interface WebServer extends Door, Address {
  readonly http: Server
  /** Something else is spoken on it from here on, with rules of its own. Undefined if it is gone. */
  release(stream: Duplex): Line | undefined
}

/**
 * Has Node's HTTP server answer what comes through a gate; of Node are the rules of RFC 9112: what is a
 * request, and what is neither one nor the other, such as two lengths, and gets 400. Rejects with SystemError.
 */
export async function webServer(inside: Inside, address: Address, answer: (asked: Asked) => void, options: WebOptions = {}): Promise<WebServer> {
  const { headTimeout = 30_000, requestTimeout = 300_000, idle = 5000, sendTimeout = 30_000, grace = 5000 } = options
  const limits: ServerOptions = {
    headersTimeout: headTimeout, requestTimeout, connectionsCheckingInterval: Math.min(1000, headTimeout), keepAliveTimeout: idle,
    maxHeaderSize: defaultLimits.header,
  }
  const lines = new Map<Duplex, Line>()
  let closing = false
  const http = createServer(limits)
  // This is how it begins to look at its clocks; to listen is the gate's part.
  http.emit('listening')

  const take = (request: IncomingMessage, response: ServerResponse, goOn: () => void) => {
    const line = lines.get(request.socket)
    if (!line) return void request.destroy() // gone meanwhile
    line.responses.add(response)
    if (closing) response.setHeader('connection', 'close')
    response.once('close', () => line.responses.delete(response))
    answer({ request, response, line, goOn })
  }
  http.on('request', (request, response) => take(request, response, () => {}))
  http.on('checkContinue', (request, response) => take(request, response, () => response.writeContinue()))
  // Nothing moves: that is wrong if it is the client's turn, and in order while a handler works.
  http.setTimeout(sendTimeout, (socket: Socket) => {
    if (socket.writableLength > 0 || !lines.get(socket)?.responses.size) socket.destroy()
  })

  const gate = inside.gate((stream) => {
    const guest = gate.admit(stream)
    if (!guest) return void stream.destroy()
    const line: Line = { guest, responses: new Set(), gone: new Set() }
    lines.set(stream, line)
    stream.once('close', () => {
      lines.delete(stream)
      for (const job of line.gone) job()
    })
    http.emit('connection', stream)
  }, { alpn: ['http/1.1'] })
  const at = await serving(gate.server, new Set(), address)

  const end = async () => {
    closing = true
    const ended = at.close()
    http.closeIdleConnections()
    // What is answered now is the last answer of its connection.
    for (const [stream, { responses }] of lines) {
      // To Node a connection is idle when it has had an answer.
      if ((stream as Socket).bytesRead === 0) stream.destroy()
      for (const response of responses) if (!response.headersSent) response.setHeader('connection', 'close')
    }
    const enough = new AbortController()
    const cut = async () => {
      for (let before = new Map<Duplex, number>(); ; ) {
        const now = new Map([...lines.keys()].map((stream) => [stream, (stream as Socket).bytesWritten]))
        for (const [stream, bytes] of now) if (before.get(stream) === bytes) stream.destroy()
        before = now
        await delay(grace, undefined, enough)
      }
    }
    cut().catch(() => {}) // all have gone
    await ended
    enough.abort()
    http.close()
  }
  let ended: Promise<void> | undefined
  return {
    http, host: at.host, port: at.port,
    release(stream) {
      const line = lines.get(stream)
      lines.delete(stream)
      return line
    },
    renew: gate.renew,
    close: () => (ended ??= end()),
  }
}

// #region origin
/**
 * Whether whoever sent this may call us. A browser says which page asks: with every POST, also to where the page
 * is from (Fetch, "append a request Origin header"), and with every WebSocket (RFC 6455, section 4.1). So a page
 * is refused even if its own name was made to mean this machine (DNS rebinding), and `Host` need not be looked at:
 * behind a proxy it has names that we do not know. Who is no page sends no origin, and could say any.
 */
export function mayCall({ headers }: IncomingMessage, origins: readonly string[]): boolean {
  return headers.origin === undefined || origins.includes(headers.origin)
}
// #endregion
