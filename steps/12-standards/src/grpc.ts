import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setImmediate as turnOver } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { ResponderBuilder, Server, ServerCredentials, ServerInterceptingCall, ServerListenerBuilder, status as grpcCodes } from '@grpc/grpc-js'
import type {
  handleBidiStreamingCall, handleClientStreamingCall, handleServerStreamingCall, handleUnaryCall, Metadata, ServerDuplexStream,
  ServerInterceptor, ServerReadableStream, ServerUnaryCall, ServerWritableStream, UntypedHandleCall,
} from '@grpc/grpc-js'
import { serving } from '@rpc-steps/async-await'
import type { Address, Json, Request } from '@rpc-steps/async-await'
import { cancelled, exceeded } from '@rpc-steps/deadlines'
import { endsOf } from '@rpc-steps/security'
import type { Door, Guest, Inside } from '@rpc-steps/security'
import type { Carrier } from '@rpc-steps/streaming'
import { codes, RpcError } from '@rpc-steps/wire'
import type { Meta, Params } from '@rpc-steps/wire'
import { tokenOf } from './besides.ts'
import { contract as ours } from './contract.ts'
import type { Contract } from './contract.ts'
import { statusOfError, toldOf } from './grpc-status.ts'
import type { StatusError } from './grpc-status.ts'
import { MessageError, methodsOf, mostMessage } from './messages.ts'
import type { Codec, Method } from './messages.ts'
import { run } from './outside.ts'
import type { ProtoNames } from './proto.ts'
import { asIs, send } from './sending.ts'

/** How a gRPC server behaves. */
export interface GrpcDoorOptions extends ProtoNames {
  /** Default: that of the course. */
  contract?: Contract
  /** Milliseconds for what is in flight when it closes. Default 5,000. */
  grace?: number
  /** Takes the errors that a client must not see. Default: standard error. */
  log?: (line: string) => void
}

const limits = {
  'grpc.max_receive_message_length': mostMessage,
  'grpc.max_send_message_length': mostMessage,
  // More calls than these wait at the client, in HTTP/2.
  'grpc.max_concurrent_streams': 256,
  // Mebibytes of what a connection may have us keep, such as answers that it does not read.
  'grpc-node.max_session_memory': 64,
  // Who has vanished without a word is found by a ping.
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
}

// #region grpc-door
/** gRPC as another way in. What it opens rejects with Node's SystemError; throws TypeError if the contract has no `.proto`. */
export function grpcDoor(address: Address, options: GrpcDoorOptions = {}): (inside: Pick<Inside, 'handler' | 'gate'>) => Promise<Door & Address> {
  const { contract = ours, grace = 5000, log = console.error, ...names } = options
  const methods = methodsOf(contract, names)
  return async ({ handler, gate }) => {
    const guests = new Guests()
    const server = new Server({ ...limits, interceptors: [guests.introduce] })
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
    const lines = new Set<Duplex>()
    let closing: Promise<unknown> | undefined
    const door = gate((stream) => {
      const guest = door.admit(stream)
      // On a plain connection nothing is agreed on before; with TLS it must have been this.
      const { alpnProtocol = 'h2' } = stream as Partial<TLSSocket>
      if (!guest || alpnProtocol !== 'h2' || closing) return void stream.destroy()
      lines.add(stream)
      stream.once('close', () => lines.delete(stream))
      // A peer may go on sending when the other has ended; in HTTP/2 one stream may, and never the connection.
      stream.allowHalfOpen = false
      guests.enter(stream as Socket, guest)
      injector.injectConnection(stream)
    }, { alpn: ['h2'] })

    let last = 0
    const failed = (error: unknown) => statusOfError(toldOf(error, log))
    const ask: Ask = async (method, call, { bytes, carrier }) => {
      try {
        const params = bytes ? readParams(method.requests, bytes) : {}
        const request = requestOf(method, ++last, params, call)
        const guest = guests.of(call.metadata)
        const running = run(handler, request, { guest, label: guest.label, size: bytes?.length ?? 0, carrier })
        // Said at the end of every call; only before it has its answer it means something.
        call.on('cancelled', () => running.abort(isOver(call) ? exceeded() : cancelled()))
        return (await running.answer) ?? null
      } catch (error) {
        throw failed(error)
      }
    }
    server.addService(
      Object.fromEntries(methods.map(({ name, path, entry }) => [name, {
        path, requestStream: entry.up !== undefined, responseStream: entry.down !== undefined,
        requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs,
      }])),
      Object.fromEntries(methods.map((method) => [method.name, handle(method, ask, failed)])),
    )

    const at = await serving(door.server, new Set(), address, { log })
    // Nobody new may come, and each connection is told so (GOAWAY); what is in flight is finished, if it takes no longer than that.
    const close = async () => {
      const tooLong = setTimeout(() => {
        server.forceShutdown()
        // What the library has ended waits for the other end to end it, too.
        for (const line of lines) line.destroy()
      }, grace)
      closing ??= Promise.all([at.close(), new Promise((resolve) => server.tryShutdown(resolve))])
      await closing
      clearTimeout(tooLong)
    }
    return { host: at.host, port: at.port, renew: door.renew, close }
  }
}
// #endregion

/** Bytes of all that a call says beside its message: as much as others take. */
const mostMetadata = 8 * 1024

function sizeOf(metadata: Metadata): number {
  let size = 0
  for (const [name, values] of Object.entries(metadata.toHttp2Headers())) {
    for (const value of [values].flat()) size += name.length + String(value).length
  }
  return size
}

/** Whose connection a call has come by. The library says of a call only where its connection's ends are. */
class Guests {
  readonly #byEnds = new Map<string, Caller>()
  readonly #byMetadata = new WeakMap<Metadata, Caller>()

  enter(socket: Socket, guest: Guest): void {
    const ends = endsOf(socket)
    const caller = { ...guest, label: socket.remotePort ?? 0 }
    this.#byEnds.set(ends, caller)
    socket.once('close', () => {
      if (this.#byEnds.get(ends) === caller) this.#byEnds.delete(ends)
    })
  }

  readonly introduce: ServerInterceptor = (_, call) => {
    const caller = this.#byEnds.get(endsOf(call.getConnectionInfo()))
    const listener = new ServerListenerBuilder().withOnReceiveMetadata((metadata, next) => {
      if (!caller) return // it has gone meanwhile
      if (sizeOf(metadata) > mostMetadata) return call.sendStatus({ code: grpcCodes.RESOURCE_EXHAUSTED, details: `over ${mostMetadata} bytes of metadata` })
      this.#byMetadata.set(metadata, caller)
      next(metadata)
    }).build()
    return new ServerInterceptingCall(call, new ResponderBuilder().withStart((next) => next(listener)).build())
  }

  of(metadata: Metadata): Caller {
    return this.#byMetadata.get(metadata)!
  }
}

interface Caller extends Guest {
  readonly label: number
}

/** What a call says beside its message, in our words. */
function requestOf({ method, entry }: Method, id: number, params: Params, call: AnyCall): Request {
  const said = (name: string) => call.metadata.get(name)[0]?.toString()
  const meta: Meta = {}
  const deadline = call.getDeadline()
  if (deadline !== Infinity) meta.timeoutMs = Math.max(0, Number(deadline) - Date.now())
  const shown = said('authorization')
  if (shown !== undefined) meta.token = tokenOf(shown)
  const [key, priority, traceparent, tracestate] = ['idempotency-key', 'rpc-priority', 'traceparent', 'tracestate'].map(said)
  if (key !== undefined) meta.idempotencyKey = key
  if (priority !== undefined) meta.priority = Number(priority)
  // How much may be on its way HTTP/2 says; that it is a stream the filters want to know.
  if (entry.down) meta.credit = 1
  if (entry.up) meta.stream = true
  return {
    jsonrpc: '2.0', id, method, params, meta,
    ...(traceparent !== undefined && { traceparent }), ...(tracestate !== undefined && { tracestate }),
  }
}

/** Who has set a deadline hangs up when it is over, perhaps a little before it is over here. */
function isOver(call: AnyCall): boolean {
  return Number(call.getDeadline()) - Date.now() < 20
}

function readParams(codec: Codec, bytes: Buffer): Params {
  return invalid(() => codec.read(bytes)) as Params
}

function invalid<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof MessageError ? new RpcError(codes.invalidParams, 'Invalid params', error.message) : error
  }
}

/** Any of the four kinds. */
type AnyCall = Pick<ServerUnaryCall<Buffer, Buffer>, 'metadata' | 'getDeadline'> & Pick<EventEmitter, 'on'>

/** Has a call answered. Rejects with the status that it ends with. */
type Ask = (method: Method, call: AnyCall, how: { bytes?: Buffer; carrier?: Carrier }) => Promise<Json>

/** The four kinds of calls: what is streamed is carried, and what is not is answered. */
function handle(method: Method, ask: Ask, failed: (error: unknown) => StatusError): UntypedHandleCall {
  const { entry, requests, responses } = method
  const written = (value: Json) => {
    try {
      return responses.write(value)
    } catch (error) {
      throw failed(error)
    }
  }
  if (entry.down && entry.up) {
    const bidi: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
      ask(method, call, { carrier: { reader: reading(call, requests), writer: writing(call, responses) } })
        .then(() => call.end(), (status: StatusError) => call.emit('error', status))
    }
    return bidi
  }
  if (entry.down) {
    const down: handleServerStreamingCall<Buffer, Buffer> = (call) => {
      ask(method, call, { bytes: call.request, carrier: { writer: writing(call, responses) } })
        .then(() => call.end(), (status: StatusError) => call.emit('error', status))
    }
    return down
  }
  if (entry.up) {
    const up: handleClientStreamingCall<Buffer, Buffer> = (call, callback) => {
      ask(method, call, { carrier: { reader: reading(call, requests) } })
        .then(written).then((bytes) => callback(null, bytes), (status: StatusError) => callback(status))
    }
    return up
  }
  const unary: handleUnaryCall<Buffer, Buffer> = (call, callback) => {
    ask(method, call, { bytes: call.request }).then(written).then((bytes) => callback(null, bytes), (status: StatusError) => callback(status))
  }
  return unary
}

/** What a client streams, no faster than it is taken: what is not, stays in HTTP/2's window. */
async function* reading(call: ServerReadableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>, codec: Codec): AsyncGenerator<Json, undefined> {
  try {
    // Who has read enough may still have to answer on it.
    for await (const bytes of call.iterator({ destroyOnReturn: false })) yield invalid(() => codec.read(bytes as Buffer))
    // A cancel ends the items as if they were complete, and is said right after that.
    await turnOver()
    if (call.cancelled) throw cancelled()
  } catch (error) {
    throw call.cancelled ? cancelled() : error
  }
  return undefined
}

/** The answer as a stream. */
function writing(call: ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>, codec: Codec): NonNullable<Carrier['writer']> {
  return { write: (items, signal) => send(items, call, codec, signal) }
}
