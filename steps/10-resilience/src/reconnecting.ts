import { Signals, systemClock } from '@rpc-steps/async-await'
import type { Call, Clock, Peer } from '@rpc-steps/async-await'
import { DisconnectedError } from '@rpc-steps/wire'
import { backoff } from './backoff.ts'
import type { BackoffOptions } from './backoff.ts'
import { drains } from './draining.ts'
import { fateOf } from './status.ts'

/** When to connect again, and what calls do meanwhile. */
export interface ReconnectOptions extends BackoffOptions {
  /** What errors call the server. */
  name?: string
  /** Calls that wait for the connection while there is none; those beyond fail at once. Default 0. */
  waits?: number
  /** Milliseconds that each of them waits at most. Default 1,000. */
  waitMs?: number
  /** Milliseconds for one attempt to connect. Default 5,000. */
  attemptMs?: number
  /** Milliseconds after which a connection has proved itself, if it has answered nothing before. Default 5,000. */
  provenMs?: number
  clock?: Clock
}

// #region state
/** *Waiting* is the time between two attempts. */
export type ConnectionState = 'connecting' | 'connected' | 'waiting' | 'closed'

/** A connection, and the calls that are on it. */
interface Line {
  readonly peer: Peer
  readonly since: number
  inFlight: number
  /** Nothing new goes this way: it is closed when what is in flight is finished. */
  leaving: boolean
}
// #endregion

/** A call that waits for a connection. */
interface Waiter {
  end(error?: Error): void
}

// One listener for each signal, however many wait with it.
const shared = new Signals<(reason: unknown) => void>((abort, reason) => abort(reason))

/** Calls over one connection after another. `connect` makes them, and should heed its signal. Throws RangeError. */
export function reconnecting(connect: (signal: AbortSignal) => Promise<Peer>, options: ReconnectOptions = {}): Reconnecting {
  return new Reconnecting(connect, options)
}

/** See `reconnecting`. */
export class Reconnecting {
  readonly name: string
  readonly #connect: (signal: AbortSignal) => Promise<Peer>
  readonly #options: ReconnectOptions
  readonly #clock: Clock
  #state: ConnectionState = 'connecting'
  /** Where new calls go. */
  #line: Line | undefined
  /** All that are open. */
  readonly #lines = new Set<Line>()
  /** Attempts and connections that came to nothing, since one has proved itself. */
  #failures = 0
  /** Why there is no connection. */
  #cause: unknown

  constructor(connect: (signal: AbortSignal) => Promise<Peer>, options: ReconnectOptions) {
    const { name = 'the server', waits = 0, waitMs = 1_000, clock = systemClock } = options
    if (!(waits >= 0)) throw new RangeError(`waits must be 0 or more, not ${waits}`)
    if (!(waitMs >= 0)) throw new RangeError(`waitMs must be 0 or more, not ${waitMs}`)
    this.name = name
    this.#connect = connect
    this.#options = options
    this.#clock = clock
    this.#attempt()
  }

  // #region attempt
  /** Takes back what is under way: an attempt, or the wait for the next one. */
  #cancel = () => {}

  #attempt(): void {
    this.#enter('connecting')
    const { attemptMs = 5_000 } = this.#options
    const controller = new AbortController()
    let over = false
    const end = () => {
      over = true
      stop()
    }
    const fail = (error: unknown) => {
      if (over) return
      end()
      controller.abort(error)
      this.#again(error)
    }
    const stop = this.#clock.after(attemptMs, () => fail(new Error(`no connection in ${attemptMs} ms`)))
    this.#cancel = () => {
      end()
      controller.abort(new Error('closed'))
    }
    // What `connect` throws is one failure like another.
    const connected = new Promise<Peer>((resolve) => resolve(this.#connect(controller.signal)))
    connected.then((peer) => {
      if (over) return peer.destroy()
      end()
      this.#take(peer)
    }, fail)
  }

  /** There is no connection: the next attempt comes later, and the later the more of them have failed. */
  #again(cause: unknown): void {
    this.#cause = cause
    this.#cancel = this.#clock.after(backoff(++this.#failures, this.#options), () => this.#attempt())
    this.#enter('waiting')
  }
  // #endregion

  // #region take
  #take(peer: Peer): void {
    const line: Line = { peer, since: this.#clock.now(), inFlight: 0, leaving: false }
    this.#lines.add(line)
    void peer.closed.then(() => this.#lines.delete(line))
    void peer.ended.then((cause) => this.#ended(line, cause))
    this.#line = line
    // It may have said so before it came here, together with the first bytes.
    drains(peer).onAsked(() => this.#leave(line))
    if (this.#line !== line) return
    this.#enter('connected')
    for (const waiter of [...this.#waiting]) waiter.end()
  }

  /** Only now are earlier failures forgotten: a server that accepts and falls over accepts quickly. */
  #proved(line: Line): void {
    if (line === this.#line) this.#failures = 0
  }

  #ended(line: Line, cause: unknown): void {
    if (line !== this.#line) return
    const { provenMs = 5_000 } = this.#options
    if (this.#clock.now() - line.since >= provenMs) this.#failures = 0
    this.#line = undefined
    this.#again(cause ?? new Error('the other end has closed the connection'))
  }

  /** Goes elsewhere with what is new, and lets what is in flight finish here. */
  #leave(line: Line): void {
    line.leaving = true
    if (line.inFlight === 0) void line.peer.close()
    if (line !== this.#line) return
    this.#line = undefined
    this.#again(new Error('the other end drains'))
  }
  // #endregion

  // #region call
  /** Calls over the connection that there is. Without one it rejects with DisconnectedError, `sent` false, at once or after a wait. */
  readonly call: Call = (method, params, options = {}) => {
    if (this.#line) return this.#over(this.#line, method, params, options)
    const { waits = 0 } = this.#options
    if (this.#state === 'closed' || this.#waiting.size >= waits) return Promise.reject(this.#disconnected())
    return this.#wait(options.signal).then(() => {
      if (!this.#line) throw this.#disconnected()
      return this.#over(this.#line, method, params, options)
    })
  }

  #over(line: Line, ...call: Parameters<Call>): ReturnType<Call> {
    line.inFlight++
    const answer = line.peer.call(...call)
    answer.then(
      () => this.#done(line, true),
      (error: unknown) => this.#done(line, fateOf(error) === 'final' && !call[2]?.signal?.aborted),
    )
    return answer
  }

  #done(line: Line, answered: boolean): void {
    line.inFlight--
    if (answered) this.#proved(line)
    if (line.leaving && line.inFlight === 0) void line.peer.close()
  }

  #disconnected(): DisconnectedError {
    const why = this.#state === 'closed' ? 'it was closed by this side' : 'it is tried again'
    return new DisconnectedError(`no connection to ${this.name}; ${why}`, { cause: this.#cause, sent: false })
  }
  // #endregion

  // #region wait
  /** The calls that wait, in their order. The window of the connection bounds what leaves when it is back. */
  readonly #waiting = new Set<Waiter>()

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const leave = () => {
        cancel()
        this.#waiting.delete(waiter)
        if (signal) shared.unwatch(signal, abort)
      }
      const waiter: Waiter = {
        end(error) {
          leave()
          if (error) reject(error)
          else resolve()
        },
      }
      const abort = (reason: unknown) => {
        leave()
        reject(reason)
      }
      const cancel = this.#clock.after(this.#options.waitMs ?? 1_000, () => waiter.end(this.#disconnected()))
      this.#waiting.add(waiter)
      if (signal) shared.watch(signal, abort)
    })
  }
  // #endregion

  // #region observe
  readonly #listeners = new Set<(state: ConnectionState) => void>()

  get state(): ConnectionState {
    return this.#state
  }

  /** True while calls can leave at once. */
  get up(): boolean {
    return this.#state === 'connected'
  }

  /** Hears of each change. Returns what ends that. */
  onState(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves when there is a connection, at once if there is one; rejects when it is closed, or with the signal's reason. */
  connected(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const abort = (reason: unknown) => (stop(), reject(reason))
      const look = (state: ConnectionState) => {
        if (state !== 'connected' && state !== 'closed') return
        stop()
        if (signal) shared.unwatch(signal, abort)
        if (state === 'connected') resolve()
        else reject(this.#disconnected())
      }
      const stop = this.onState(look)
      if (signal) shared.watch(signal, abort)
      look(this.#state)
    })
  }

  #enter(state: ConnectionState): void {
    if (this.#state === state) return
    this.#state = state
    for (const listener of [...this.#listeners]) listener(state)
  }
  // #endregion

  // #region close
  /** Connects no more, finishes what is in flight, then ends. */
  async close(): Promise<void> {
    if (this.#state !== 'closed') {
      this.#cancel()
      this.#line = undefined
      this.#enter('closed')
      for (const waiter of [...this.#waiting]) waiter.end(this.#disconnected())
    }
    await Promise.all([...this.#lines].map(({ peer }) => peer.close()))
  }

  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
  // #endregion
}
