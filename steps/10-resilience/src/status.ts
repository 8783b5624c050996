import { codes, DisconnectedError, RpcError } from '@rpc-steps/wire'

// #region status
// Codes that mean the same everywhere: JSON-RPC 2.0, section 5.1, and LSP 3.17.
const known = new Map<number, string>([
  [codes.parseError, 'INVALID_ARGUMENT'],
  [codes.invalidRequest, 'INVALID_ARGUMENT'],
  [codes.methodNotFound, 'UNIMPLEMENTED'],
  [codes.invalidParams, 'INVALID_ARGUMENT'],
  [codes.internalError, 'INTERNAL'],
  [codes.requestCancelled, 'CANCELLED'],
])

/**
 * The status of an error, by gRPC's names: what it says of itself in `data.status`, or what its code
 * says. Undefined for other errors, and for codes from -32000 to -32099 alone: libraries disagree about them.
 */
export function statusOf(error: unknown): string | undefined {
  if (!(error instanceof RpcError)) return undefined
  const { status } = memberOf(error.data)
  return typeof status === 'string' ? status : known.get(error.code)
}

function memberOf(data: unknown): Record<string, unknown> {
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {}
}
// #endregion

// #region fate
/**
 * What became of a request that failed. *Unsent*: it never left. *Unrun*: the other end has it, and
 * says that it has not begun. *Unknown*: it may have run, or may run yet. *Final*: this is its answer.
 */
export type Fate = 'unsent' | 'unrun' | 'unknown' | 'final'

/** What the end of a call says of the server: it works, it fails, or neither. */
export type Verdict = 'works' | 'fails' | 'neither'

const meanings = new Map<string | undefined, { fate: Fate; verdict: Verdict }>([
  ['UNAVAILABLE', { fate: 'unrun', verdict: 'fails' }],
  // It is full, and that is not a fault: who stops asking it altogether makes others full.
  ['RESOURCE_EXHAUSTED', { fate: 'unrun', verdict: 'neither' }],
  ['DEADLINE_EXCEEDED', { fate: 'unknown', verdict: 'fails' }],
  ['INTERNAL', { fate: 'final', verdict: 'fails' }],
  ['UNKNOWN', { fate: 'final', verdict: 'fails' }],
  ['CANCELLED', { fate: 'final', verdict: 'neither' }],
])

/** What an error says of its request. */
export function fateOf(error: unknown): Fate {
  if (error instanceof DisconnectedError) return error.sent ? 'unknown' : 'unsent'
  return meanings.get(statusOf(error))?.fate ?? 'final'
}

/** What an error says of the server. That the caller was wrong is an answer like others; that the caller gave up says neither. */
export function verdictOf(error: unknown): Verdict {
  if (error instanceof DisconnectedError) return 'fails'
  if (!(error instanceof RpcError)) return 'neither'
  return meanings.get(statusOf(error))?.verdict ?? 'works'
}

/** Milliseconds after which the other end wants to be asked again; 0 if it has not said. */
export function retryAfterOf(error: unknown): number {
  if (!(error instanceof RpcError)) return 0
  const { retryAfterMs } = memberOf(error.data)
  return typeof retryAfterMs === 'number' && retryAfterMs > 0 ? retryAfterMs : 0
}
// #endregion
