import { systemClock } from '@rpc-steps/async-await'
import type { Clock } from '@rpc-steps/async-await'
import { codes, RpcError } from '@rpc-steps/wire'

// #region deadline
/**
 * Until when an answer is of use: a moment on the clock of this process. It never leaves it, because
 * no two clocks agree; what travels is how much is left.
 */
export class Deadline {
  readonly #clock: Clock
  readonly #at: number

  /** `ms` milliseconds from now; Infinity is never. */
  constructor(ms: number, clock: Clock = systemClock) {
    this.#clock = clock
    this.#at = clock.now() + ms
  }

  /** Milliseconds, 0 when it is over. */
  get left(): number {
    return Math.max(0, this.#at - this.#clock.now())
  }

  /** The same for the wire, in whole milliseconds: what is not over yet is not 0. */
  get timeoutMs(): number {
    return Math.ceil(this.left)
  }

  get never(): boolean {
    return this.#at === Infinity
  }

  /** Does `job` when it is over. Returns what takes that back. */
  after(job: () => void): () => void {
    return this.#clock.after(this.left, job)
  }
}
// #endregion

// #region errors
/** Nobody needs the answer any more: DEADLINE_EXCEEDED in gRPC. */
export function exceeded(): RpcError {
  return new RpcError(codes.deadlineExceeded, 'Deadline exceeded', { status: 'DEADLINE_EXCEEDED' })
}

/** Its caller has said that it wants no answer: RequestCancelled in LSP 3.17, CANCELLED in gRPC. */
export function cancelled(): RpcError {
  return new RpcError(codes.requestCancelled, 'Request cancelled', { status: 'CANCELLED' })
}
// #endregion
