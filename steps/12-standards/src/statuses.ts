import { codes, RpcError } from '@rpc-steps/wire'
import { statusOf } from '@rpc-steps/resilience'

/** One outcome, in each language. */
export interface Status {
  /** By the name that gRPC gives it. */
  readonly status: string
  /** Of a JSON-RPC error. */
  readonly code: number
  /** Of an HTTP response: RFC 9110 and 6585; 499 is nginx's. */
  readonly http: number
  /** Of a gRPC trailer: grpc.github.io, statuscodes. */
  readonly grpc: number
}

// #region statuses
/** Every way in which a call may end badly. Adapters read this table, and so does the chapter. */
export const statuses = [
  { status: 'INVALID_ARGUMENT', code: codes.invalidParams, http: 400, grpc: 3 },
  { status: 'UNAUTHENTICATED', code: codes.unauthenticated, http: 401, grpc: 16 },
  { status: 'PERMISSION_DENIED', code: codes.permissionDenied, http: 403, grpc: 7 },
  { status: 'UNIMPLEMENTED', code: codes.methodNotFound, http: 404, grpc: 12 },
  { status: 'RESOURCE_EXHAUSTED', code: codes.resourceExhausted, http: 429, grpc: 8 },
  { status: 'CANCELLED', code: codes.requestCancelled, http: 499, grpc: 1 },
  { status: 'INTERNAL', code: codes.internalError, http: 500, grpc: 13 },
  { status: 'UNAVAILABLE', code: codes.unavailable, http: 503, grpc: 14 },
  { status: 'DEADLINE_EXCEEDED', code: codes.deadlineExceeded, http: 504, grpc: 4 },
  // An error of the service's own: it has a code that only the service knows.
  { status: 'UNKNOWN', code: codes.internalError, http: 500, grpc: 2 },
] as const satisfies readonly Status[]
// #endregion

const byName = new Map<string, Status>(statuses.map((row) => [row.status, row]))
const unknown = byName.get('UNKNOWN')!

/** The row of an error. What is no RpcError is a fault of ours: INTERNAL. */
export function rowOf(error: unknown): Status {
  if (!(error instanceof RpcError)) return byName.get('INTERNAL')!
  return byName.get(statusOf(error) ?? '') ?? unknown
}

/** The row of a gRPC status; of a number that nobody knows, UNKNOWN (as the gRPC specification has it). */
export function rowOfGrpc(grpc: number): Status {
  return statuses.find((row) => row.grpc === grpc) ?? unknown
}

/** The row of an HTTP status; of one that nobody here sends, UNKNOWN. */
export function rowOfHttp(http: number): Status {
  return statuses.find((row) => row.http === http) ?? unknown
}
