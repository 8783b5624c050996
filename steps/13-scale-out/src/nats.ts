import { connect, headers as createHeaders } from '@nats-io/transport-node'
import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { backoff } from '@rpc-steps/resilience'
import type { Credentials } from '@rpc-steps/security'
import { codes, DisconnectedError, RpcError } from '@rpc-steps/wire'
import { checkPattern, checkSize, checkSubject } from './broker.ts'
import type { Broker, Headers, Message, PublishOptions, Subscription } from './broker.ts'

/** Bytes that may have left without the server having read them. */
const mostUnread = 1024 * 1024

/**
 * Connects to NATS servers, `HOST:PORT` with commas between; with `credentials` by TLS. Rejects with DisconnectedError
 * if none of them answers.
 */
export async function connectNats(address: string, credentials?: Credentials): Promise<NatsBroker> {
  let failures = 0
  const options = {
    servers: address.split(','),
    maxReconnectAttempts: -1,
    reconnectDelayHandler: () => backoff(++failures, { cap: 2_000 }),
    // Who is stopped and not gone is noticed by this alone.
    pingInterval: 5_000,
    // It would make an Error of each request, only for its stack.
    noAsyncTraces: true,
    ...(credentials && { tls: tlsOf(credentials) }),
  }
  const connection = await connect(options).catch((error: unknown) => {
    throw new DisconnectedError(`no NATS server answers at ${address}`, { cause: error, sent: false })
  })
  return new NatsBroker(connection, address, () => (failures = 0))
}

function tlsOf({ ca, cert, key }: Credentials) {
  return { ca: String(ca), ...(cert && key && { cert: String(cert), key: String(key) }) }
}

// #region nats
/** NATS, by its own client: it speaks the protocol, and connects again. See `connectNats`. */
export class NatsBroker implements Broker {
  readonly connection: NatsConnection
  readonly #address: string
  readonly #lost = new Set<() => void>()
  readonly #log: (line: string) => void
  up = true
  #maxPayload = 0
  /** Bytes since it was last asked whether it has read everything. */
  #unread = 0
  #room: Promise<void> | undefined
  #onRoom = () => {}

  constructor(connection: NatsConnection, address: string, reconnected: () => void, log = console.error) {
    this.connection = connection
    this.#log = log
    this.#address = address
    void this.#watch(reconnected)
  }

  async #watch(reconnected: () => void): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect') this.#disconnected()
      // Nobody waits for the answer to a subscription, so this is all that is heard of one that is not allowed.
      if (status.type === 'error') this.#log(`NATS at ${this.#address}: ${status.error.message}`)
      if (status.type !== 'reconnect') continue
      this.up = true
      reconnected()
    }
    this.#disconnected()
  }

  #disconnected(): void {
    this.up = false
    this.#onRoom()
    for (const listener of [...this.#lost]) listener()
  }

  /** What the server said last: while it is asked for a new connection, nothing is said of it. */
  get maxPayload(): number {
    return (this.#maxPayload = this.connection.info?.max_payload ?? this.#maxPayload)
  }

  publish(subject: string, text: string, { reply, headers }: PublishOptions = {}): void {
    checkSubject(subject)
    if (reply !== undefined) checkSubject(reply)
    // The client would keep it and send it some time later.
    if (!this.up) throw new DisconnectedError(`no connection to NATS at ${this.#address}; it is tried again`, { sent: false })
    const payload = Buffer.from(text)
    checkSize(payload.length, headers, this.maxPayload)
    this.#unread += payload.length
    this.connection.publish(subject, payload, { ...(reply !== undefined && { reply }), ...(headers && { headers: natsHeaders(headers) }) })
  }

  /** It reads in order: when it has answered a ping, it has read what came before. */
  get room(): Promise<void> | undefined {
    if (this.#unread < mostUnread || !this.up) return this.#room
    return (this.#room ??= new Promise<void>((resolve) => {
      this.#onRoom = () => {
        this.#unread = 0
        this.#room = undefined
        resolve()
      }
      this.connection.flush().then(this.#onRoom, this.#onRoom)
    }))
  }

  subscribe(subject: string, listener: (message: Message) => void, { queue }: { queue?: string | undefined } = {}): Subscription {
    checkPattern(subject)
    const callback = (error: Error | null, message: Msg) => {
      if (!error) listener(new NatsMessage(message))
    }
    const subscription = this.connection.subscribe(subject, { callback, ...(queue !== undefined && { queue }) })
    return {
      end: async () => {
        if (subscription.isClosed()) return
        // Without a connection nothing more comes.
        if (this.up) await this.#orLost(subscription.drain())
        else subscription.unsubscribe()
      },
    }
  }

  async flush(): Promise<void> {
    if (this.up) await this.#orLost(this.connection.flush())
  }

  /** What waits for the server waits no longer than there is a connection. */
  async #orLost(job: Promise<void>): Promise<void> {
    let stop = () => {}
    const lost = new Promise<void>((resolve) => (stop = this.onLost(resolve)))
    await Promise.race([job.catch(() => {}), lost])
    stop()
  }

  onLost(listener: () => void): () => void {
    this.#lost.add(listener)
    return () => this.#lost.delete(listener)
  }

  async close(): Promise<void> {
    if (this.connection.isClosed()) return
    await this.flush()
    await this.connection.close()
  }
}
// #endregion

function natsHeaders(given: Headers) {
  const headers = createHeaders()
  for (const [name, value] of Object.entries(given)) headers.set(name, value)
  return headers
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

class NatsMessage implements Message {
  readonly #message: Msg
  readonly subject: string
  readonly reply: string | undefined

  constructor(message: Msg) {
    this.#message = message
    this.subject = message.subject
    this.reply = message.reply || undefined
  }

  /** Status 503, "No Responders". NATS client protocol, `no_responders` of CONNECT. */
  get nobody(): boolean {
    return this.size === 0 && this.#headers()?.code === 503
  }

  get size(): number {
    return this.#message.data.length
  }

  header(name: string): string | undefined {
    const headers = this.#headers()
    if (headers === null) throw new RpcError(codes.invalidRequest, 'Invalid Request', 'its headers cannot be read')
    const values = headers?.values(name) ?? []
    // Whoever stands in between may take the second.
    if (values.length > 1) throw new RpcError(codes.invalidRequest, 'Invalid Request', `${name} is among the headers more than once`)
    return values[0]
  }

  /** The server hands on what was published, also where the client library finds no headers in it: null. */
  #headers(): Msg['headers'] | null {
    try {
      return this.#message.headers
    } catch {
      return null
    }
  }

  text(): string {
    try {
      return utf8.decode(this.#message.data)
    } catch {
      throw new RpcError(codes.parseError, 'Parse error')
    }
  }
}
