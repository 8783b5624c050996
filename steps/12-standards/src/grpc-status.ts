import { Metadata, status as grpcCodes } from '@grpc/grpc-js'
import type { StatusObject } from '@grpc/grpc-js'
import { exceeded } from '@rpc-steps/deadlines'
import { retryAfterOf } from '@rpc-steps/resilience'
import { codes, DisconnectedError, errorObject, RpcError } from '@rpc-steps/wire'
import type { Json } from '@rpc-steps/wire'
import { codecOf, parse } from './messages.ts'
import type { Codec } from './messages.ts'
import { rowOf, rowOfGrpc } from './statuses.ts'

// google/rpc/status.proto: what rides in `grpc-status-details-bin`, for all clients that know it.
const root = parse(`syntax = "proto3";
package google.rpc;
import "google/protobuf/any.proto";
message Status {
  int32 code = 1;
  string message = 2;
  repeated google.protobuf.Any details = 3;
}`)
const Status = root.lookupType('google.rpc.Status')
const errors: Codec = codecOf({ kind: 'value' }, root.lookupType('google.protobuf.Value'))
const typeUrl = 'type.googleapis.com/google.protobuf.Value'
const detailsKey = 'grpc-status-details-bin'
const pushbackKey = 'grpc-retry-pushback-ms'

/** Bytes of each that go into the trailers: others take 8 KiB of them, all together. */
const most = { message: 1024, details: 4096 }

/** How a call ends that has failed. */
export class StatusError extends Error implements StatusObject {
  override readonly name = 'StatusError'
  readonly code: number
  readonly details: string
  readonly metadata: Metadata

  constructor(code: number, details: string, metadata: Metadata) {
    super(details)
    this.code = code
    this.details = details
    this.metadata = metadata
  }
}

/** An error as the end of a call: by the table, and whole in the trailers, as far as they have room for it. */
export function statusOfError(error: RpcError): StatusError {
  const { grpc } = rowOf(error)
  const details = shortened(error.message)
  const metadata = new Metadata()
  const retryAfterMs = retryAfterOf(error)
  if (retryAfterMs > 0) metadata.set(pushbackKey, String(Math.ceil(retryAfterMs)))
  const { code, data } = error
  // Of what is too large there stays what a program decides by.
  const least = { status: rowOf(error).status, ...(retryAfterMs > 0 && { retryAfterMs }) }
  for (const kept of [data, least]) {
    const bytes = detailsOf(grpc, new RpcError(code, details, kept))
    if (!bytes || bytes.length > most.details) continue
    metadata.set(detailsKey, bytes)
    break
  }
  return new StatusError(grpc, details, metadata)
}

function detailsOf(grpc: number, error: RpcError): Buffer | undefined {
  try {
    const value = errors.write({ ...errorObject(error) })
    const details = [{ type_url: typeUrl, value }]
    return Buffer.from(Status.encode({ code: grpc, message: error.message, details }).finish())
  } catch {
    return undefined // protobuf cannot say it: it is too deep, or no text
  }
}

/** A header has no place for half of a surrogate pair, or for a megabyte. */
function shortened(message: string): string {
  const text = message.replace(/\p{Surrogate}/gu, '\ufffd')
  if (encodeURI(text).length <= most.message) return text
  const characters = [...text]
  while (encodeURI(characters.join('')).length > most.message) characters.length = Math.floor(characters.length * 0.9)
  return `${characters.join('')}...`
}

/** What a call has ended with, for its caller. */
export function errorOfStatus({ code, details, metadata }: StatusObject): Error {
  const told = errorIn(metadata)
  if (told) return told
  // The library has the same statuses for a connection that is gone; but then nothing has come with them.
  const answered = Object.keys(metadata.getMap()).length > 0
  if (!answered && (code === grpcCodes.UNAVAILABLE || code === grpcCodes.CANCELLED)) {
    return new DisconnectedError(details, { sent: !/^No connection established/.test(details) })
  }
  // It is said on both ends, by each in words of its own.
  if (code === grpcCodes.DEADLINE_EXCEEDED) return exceeded()
  const row = rowOfGrpc(code)
  const data: { [name: string]: Json } = { status: row.status }
  const pushback = Number(metadata.get(pushbackKey)[0])
  if (pushback > 0) data['retryAfterMs'] = pushback
  return new RpcError(row.code, details, data, answered ? 'peer' : 'here')
}

function errorIn(metadata: Metadata): RpcError | undefined {
  const [bytes] = metadata.get(detailsKey)
  if (!Buffer.isBuffer(bytes)) return undefined
  try {
    const { details } = Status.decode(bytes) as unknown as { details: { type_url: string; value: Uint8Array }[] }
    const whole = details.find(({ type_url: type }) => type === typeUrl)
    const { code, message, data } = errors.read(whole!.value) as { [name: string]: Json }
    if (!Number.isInteger(code) || typeof message !== 'string') return undefined
    return new RpcError(Number(code), message, data, 'peer')
  } catch {
    return undefined // somebody else's details
  }
}

/** What is no RpcError is a fault of ours: its caller gets a number to quote, and the log that number and the error. */
export function toldOf(error: unknown, log: (line: string) => void): RpcError {
  if (error instanceof RpcError) return error
  const incident = crypto.randomUUID()
  log(`internal error ${incident}: ${(error as Error | null)?.stack ?? error}`)
  return new RpcError(codes.internalError, 'Internal error', { incident })
}
