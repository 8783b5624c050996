import { isIP } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { checkServerIdentity, createSecureContext } from 'node:tls'
import { ChannelCredentials, Client, Metadata } from '@grpc/grpc-js'
import type { ClientDuplexStream, ClientReadableStream, ClientUnaryCall, ClientWritableStream, ServiceError } from '@grpc/grpc-js'
import { Signals } from '@rpc-steps/async-await'
import type { Address, Call, CallOptions, Json, Params } from '@rpc-steps/async-await'
import { addressText } from '@rpc-steps/cli'
import { mostWhole } from '@rpc-steps/streaming'
import type { Items } from '@rpc-steps/streaming'
import { codes, DisconnectedError, RpcError } from '@rpc-steps/wire'
import { contract as ours } from './contract.ts'
import type { Contract } from './contract.ts'
import { errorOfStatus } from './grpc-status.ts'
import type { Caller } from './over-peer.ts'
import { MessageError, methodsOf, mostMessage } from './messages.ts'
import type { Codec, Method } from './messages.ts'
import type { ProtoNames } from './proto.ts'
import type { Remote } from './remote.ts'
import { check } from './schema.ts'
import { asIs, send } from './sending.ts'

/** How to call over gRPC. */
export interface OverGrpcOptions extends ProtoNames, Caller {
  /** Default: that of the course. */
  contract?: Contract
  /** The server's name, if it is not the host. */
  servername?: string | undefined
  /** Milliseconds for what is in flight when it closes. Default 5,000. */
  grace?: number
}

type Stop = (reason: unknown) => void

// One listener for each signal, however many calls share it.
const shared = new Signals<Stop>((stop, reason) => stop(reason))
const over = new Error('the call is over')

/** A way to a service over gRPC, on one connection that is made when it is needed. Throws TypeError if the contract has no `.proto`. */
export function overGrpc(address: Address, options: OverGrpcOptions = {}): GrpcRemote {
  return new Calls(address, options)
}

/** The same as others, and it can be waited for. */
export interface GrpcRemote extends Remote {
  /** Resolves when there is a connection, so that no deadline has to last for it too. Rejects with DisconnectedError after so many milliseconds. */
  connected(ms?: number): Promise<void>
}

class Calls implements GrpcRemote {
  readonly #methods: ReadonlyMap<string, Method>
  readonly #client: Client
  readonly #grace: number
  readonly #token: string | undefined
  /** What ends each call that is not over. */
  readonly #inFlight = new Set<Stop>()
  #closing: (() => void) | undefined

  constructor({ host, port }: Address, { contract = ours, credentials, token, servername, grace = 5000, ...names }: OverGrpcOptions) {
    this.#methods = new Map(methodsOf(contract, names).map((method) => [method.method, method]))
    this.#grace = grace
    this.#token = token
    // RFC 6066, section 3: an address is no server name. What the certificate must name is still the host.
    const name = servername ?? (isIP(host) === 0 ? host : 'localhost')
    const secure = credentials && ChannelCredentials.createFromSecureContext(
      createSecureContext({ ...credentials, minVersion: 'TLSv1.3' }),
      { checkServerIdentity: (_, certificate) => checkServerIdentity(servername ?? host, certificate) },
    )
    this.#client = new Client(addressText({ host, port }), secure ?? ChannelCredentials.createInsecure(), {
      'grpc.max_receive_message_length': mostMessage,
      'grpc.max_send_message_length': mostMessage,
      ...(secure && { 'grpc.ssl_target_name_override': name }),
      // Retries are for who knows what may be done twice: step 10.
      'grpc.enable_retries': 0,
      // Whoever has certificates of their own has a connection of their own.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_http_proxy': 0,
    })
  }

  readonly call: Call = async (name, params, options = {}) => {
    const method = this.#method(name)
    if (method.entry.up) throw invalid('this method reads a stream')
    if (method.entry.down) return this.#whole(this.stream(name, params, options))
    const bytes = requestOf(method, params)
    return this.#one(method, options, (metadata, beside, done) => {
      return this.#client.makeUnaryRequest(method.path, asIs, asIs, bytes, metadata, beside, done)
    })
  }

  readonly upload: Remote['upload'] = async (name, params, up, options = {}) => {
    const method = this.#method(name)
    const { entry, requests } = method
    if (!entry.up) throw invalid('this method reads no stream')
    if (entry.down) return this.#whole(this.stream(name, params, { ...options, up }))
    const end = new AbortController()
    let cause: { error: unknown } | undefined
    try {
      return await this.#one(method, options, (metadata, beside, done) => {
        const call = this.#client.makeClientStreamRequest(method.path, asIs, asIs, metadata, beside, done)
        sendAll(up, call, requests, end.signal, (error) => (cause = { error }))
        return call
      })
    } catch (error) {
      throw cause ? cause.error : error
    } finally {
      end.abort(over)
    }
  }

  readonly stream: Remote['stream'] = (name, params, options = {}) => {
    return { [Symbol.asyncIterator]: () => this.#pieces(name, params, options) }
  }

  connected(ms = 5000): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#client.waitForReady(Date.now() + ms, (error) => {
        if (error) reject(new DisconnectedError(error.message, { sent: false }))
        else resolve()
      })
    })
  }

  async close(): Promise<void> {
    const finished = new Promise<void>((resolve) => (this.#closing = resolve))
    const end = new AbortController()
    if (this.#inFlight.size > 0) await Promise.race([finished, delay(this.#grace, undefined, end).catch(() => {})])
    end.abort()
    for (const stop of this.#inFlight) stop(new DisconnectedError('the connection was closed before the reply came'))
    this.#client.close()
  }

  /** A call that is answered with one message. */
  async #one(
    method: Method,
    { signal, extras }: CallOptions,
    begin: (metadata: Metadata, beside: Beside, done: (error: ServiceError | null, bytes?: Buffer) => void) => ClientUnaryCall | ClientWritableStream<Buffer>,
  ): Promise<Json> {
    signal?.throwIfAborted()
    const [metadata, beside] = besideOf(extras, this.#token)
    let end = () => {}
    const answer = new Promise<Json>((resolve, reject) => {
      const call = begin(metadata, beside, (error, bytes) => {
        if (error) return reject(failure(error))
        try {
          resolve(resultOf(method, bytes!))
        } catch (error) {
          reject(error)
        }
      })
      end = this.#begun(signal, (reason) => {
        reject(reason)
        call.cancel()
      })
    })
    return answer.finally(end)
  }

  /** A call that is answered with a stream, and may have one of its own. */
  async *#pieces(name: string, params: Params | undefined, { signal, extras, up }: CallOptions & { up?: Items }): AsyncGenerator<Json, undefined> {
    const method = this.#method(name)
    const { entry, path, requests } = method
    if (!entry.down) throw new RpcError(codes.internalError, `the answer to ${name} comes whole: it is no stream`)
    if (up && !entry.up) throw invalid('this method reads no stream')
    signal?.throwIfAborted()
    const [metadata, beside] = besideOf(extras, this.#token)
    const end = new AbortController()
    let cause: { error: unknown } | undefined
    let call: ClientReadableStream<Buffer> | ClientDuplexStream<Buffer, Buffer>
    if (entry.up) {
      const duplex = this.#client.makeBidiStreamRequest(path, asIs, asIs, metadata, beside)
      sendAll(up ?? [], duplex, requests, end.signal, (error) => (cause = { error }))
      call = duplex
    } else call = this.#client.makeServerStreamRequest(path, asIs, asIs, requestOf(method, params), metadata, beside)
    call.on('error', () => {}) // also when nobody reads any more
    const done = this.#begun(signal, (reason) => {
      cause ??= { error: reason }
      call.cancel()
    })
    try {
      for await (const bytes of call) {
        if (cause) break
        yield resultOf(method, bytes as Buffer)
      }
    } catch (error) {
      throw cause ? cause.error : failure(error)
    } finally {
      done()
      end.abort(over)
      call.cancel() // who leaves the loop wants no more
    }
    if (cause) throw cause.error
    return undefined
  }

  async #whole(items: AsyncIterable<Json>): Promise<Json> {
    const all: Json[] = []
    for await (const item of items) {
      if (all.push(item) > mostWhole) throw invalid(`over ${mostWhole} items: read them as a stream`)
    }
    return all
  }

  #method(name: string): Method {
    if (this.#closing) throw new DisconnectedError('the connection is closing', { sent: false })
    const method = this.#methods.get(name)
    if (!method) throw new RpcError(codes.methodNotFound, 'Method not found')
    return method
  }

  /** A call has begun, and `stop` ends it. Returns what says that it is over. */
  #begun(signal: AbortSignal | undefined, stop: Stop): () => void {
    if (signal) shared.watch(signal, stop)
    this.#inFlight.add(stop)
    return () => {
      if (signal) shared.unwatch(signal, stop)
      this.#inFlight.delete(stop)
      if (this.#inFlight.size === 0) this.#closing?.()
    }
  }
}

interface Beside {
  deadline?: number
}

/** What rides beside a call, as gRPC says it. Throws TypeError. */
function besideOf(extras: CallOptions['extras'], usual: string | undefined): [Metadata, Beside] {
  const { meta = {}, traceparent, tracestate } = extras?.() ?? {}
  const { timeoutMs, token = usual, priority, idempotencyKey } = meta
  const metadata = new Metadata()
  const headers = {
    'authorization': token === undefined ? undefined : `Bearer ${token}`,
    'idempotency-key': idempotencyKey,
    'rpc-priority': priority?.toString(),
    traceparent, tracestate,
  }
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue
    // Not the value: it may be a secret.
    if (!/^[ -~]*$/.test(value)) throw new TypeError(`${name} must be printable ASCII to travel over gRPC`)
    metadata.set(name, value)
  }
  // The library counts in 32 bits; nobody waits for 24 days.
  return [metadata, timeoutMs === undefined || timeoutMs >= 2 ** 31 ? {} : { deadline: Date.now() + timeoutMs }]
}

/** Parameters by position are those by name, in the order of the contract. Throws RpcError. */
function requestOf({ request, requests, entry }: Method, params: Params = {}): Buffer {
  let given: Json = params
  if (Array.isArray(params) && request.kind === 'message' && !request.wraps) {
    if (params.length > request.fields.length) throw invalid(`at most ${request.fields.length} parameters`)
    given = Object.fromEntries(params.map((param, i) => [request.fields[i]!.name, param]))
  }
  // A number that is missing would arrive as 0, and nobody could tell.
  const checked = check(entry.params, given)
  if (checked.wrong !== undefined) throw invalid(checked.wrong)
  return writeOf(requests, given)
}

function writeOf(codec: Codec, value: Json): Buffer {
  try {
    return codec.write(value)
  } catch (error) {
    throw error instanceof MessageError ? invalid(error.message) : error
  }
}

/** An answer, or an item of one. Throws RpcError if it is not what the contract says. */
function resultOf({ entry, responses }: Method, bytes: Buffer): Json {
  let result
  try {
    result = responses.read(bytes)
  } catch (error) {
    throw error instanceof MessageError ? unreadable(error.message) : error
  }
  const { wrong } = check((entry.down ?? entry.result)!, result)
  if (wrong !== undefined) throw unreadable(wrong)
  return result
}

function unreadable(why: string): RpcError {
  return new RpcError(codes.internalError, `the answer is not what the contract says: ${why}`)
}

function invalid(why: string): RpcError {
  return new RpcError(codes.invalidParams, 'Invalid params', why)
}

/** Streams up what there is; an error of it ends the call. */
function sendAll(up: Items, call: ClientWritableStream<Buffer> | ClientDuplexStream<Buffer, Buffer>, codec: Codec, end: AbortSignal, failed: (error: unknown) => void): void {
  send(up, call, codec, end).then(() => call.end(), (error: unknown) => {
    if (end.aborted) return // it has its answer, or nobody wants one
    failed(error instanceof MessageError ? invalid(error.message) : error)
    call.cancel()
  })
}

function failure(error: unknown): unknown {
  return (error as ServiceError).metadata instanceof Metadata ? errorOfStatus(error as ServiceError) : error
}
