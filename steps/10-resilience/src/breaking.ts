import { systemClock } from '@rpc-steps/async-await'
import type { Call, Clock } from '@rpc-steps/async-await'
import { codes, RpcError } from '@rpc-steps/wire'
import { backoff } from './backoff.ts'
import type { BackoffOptions } from './backoff.ts'
import { verdictOf } from './status.ts'
import type { Verdict } from './status.ts'

/** When to stop asking, and when to ask again. */
export interface BreakerOptions extends BackoffOptions {
  /** Failures in a row after which nobody is let through. Default 5. */
  failures?: number
  /** Milliseconds for which at least it stays open; the longest time that is added to it grows from as much up to `cap`. Default 500. */
  base?: number
  /** Milliseconds after which a probe without an answer gives its place to another. Default 5,000. */
  probeMs?: number
  /** What an error says of the server. Default by its status. */
  verdict?: (error: unknown) => Verdict
  clock?: Clock
}

/** *Closed*: all may pass. *Open*: nobody. *Half open*: one may, to see whether the server is back. */
export type BreakerState = 'closed' | 'open' | 'half open'

/** A call behind a breaker. */
export interface Breaking extends Call {
  readonly state: BreakerState
}

/**
 * Stops asking a server that fails: rejects at once with RpcError -32014, whose `retryAfterMs` says when
 * it is asked again. Whoever calls first then is the probe; its outcome decides for all. "Circuit Breaker"
 * in M. Nygard, "Release It!", 2007. Throws RangeError.
 */
export function breaking(call: Call, options: BreakerOptions = {}): Breaking {
  const { verdict = verdictOf } = options
  const breaker = new Breaker(options)
  const guarded: Call = async (...args) => {
    const permit = breaker.enter()
    try {
      const answer = await call(...args)
      breaker.leave(permit, 'works')
      return answer
    } catch (error) {
      breaker.leave(permit, verdict(error))
      throw error
    }
  }
  return Object.defineProperty(guarded, 'state', { get: () => breaker.state }) as Breaking
}

// #region breaker
/** Let through in one of the breaker's times; what it says later than that is nothing. */
interface Permit {
  readonly time: number
}

class Breaker {
  readonly #options: BreakerOptions
  readonly #clock: Clock
  readonly #most: number
  readonly #base: number
  state: BreakerState = 'closed'
  /** In a row. */
  #failures = 0
  /** How many times it has opened since it was closed. */
  #opened = 0
  #until = 0
  /** The one that was let through while half open, and until when its place is its own. */
  #probe: Permit | undefined
  #probeEnds = 0
  /** Counts the changes of state. */
  #time = 0

  constructor(options: BreakerOptions) {
    const { failures = 5, base = 500, clock = systemClock } = options
    if (!(failures >= 1)) throw new RangeError(`failures must be 1 or more, not ${failures}`)
    this.#options = options
    this.#most = failures
    this.#base = base
    this.#clock = clock
  }

  /** Throws RpcError -32014. */
  enter(): Permit {
    const now = this.#clock.now()
    if (this.state === 'closed') return { time: this.#time }
    if (this.state === 'open') {
      if (now < this.#until) throw tooEarly(this.#until - now)
      this.#change('half open')
    }
    if (this.#probe && now < this.#probeEnds) throw tooEarly(this.#probeEnds - now)
    this.#probeEnds = now + (this.#options.probeMs ?? 5_000)
    return (this.#probe = { time: this.#time })
  }

  leave(permit: Permit, verdict: Verdict): void {
    // It began in another time: of the server as it is now it says nothing.
    if (permit.time !== this.#time) return
    if (this.state === 'closed') return this.#count(verdict)
    if (permit !== this.#probe) return
    this.#probe = undefined
    if (verdict === 'works') this.#close()
    else if (verdict === 'fails') this.#open()
  }

  #count(verdict: Verdict): void {
    if (verdict === 'works') this.#failures = 0
    else if (verdict === 'fails' && ++this.#failures >= this.#most) this.#open()
  }

  #open(): void {
    this.#opened++
    this.#until = this.#clock.now() + this.#base + backoff(this.#opened, { ...this.#options, base: this.#base })
    this.#change('open')
  }

  #close(): void {
    this.#opened = 0
    this.#failures = 0
    this.#change('closed')
  }

  #change(state: BreakerState): void {
    this.state = state
    this.#time++
    this.#probe = undefined
  }
}
// #endregion

function tooEarly(ms: number): RpcError {
  const data = { status: 'UNAVAILABLE', retryAfterMs: Math.ceil(ms) }
  return new RpcError(codes.unavailable, 'The server fails, and is not asked for a while', data)
}
