/** A method of the service and its parameters, as the benchmark calls them. */
export interface BenchRequest {
  method: 'say' | 'sleep'
  params: { text?: string; ms?: number }
}

/** Gets the error, or the answer, of one call. */
export type BenchDone = (error: Error | null, answer?: unknown) => void

/** One connection of a contender, as the load generator sees it. */
export interface BenchConnection {
  /** Makes one call. `done` may run before `call` returns: a blocking client knows no other way. */
  call(request: BenchRequest, done: BenchDone): void
  /** Makes `count` calls, `limit` in flight: for a contender that brings its own way to do that. */
  gather?(request: BenchRequest, count: number, limit: number): Promise<unknown[]>
  /** Ends the connection, which has nothing in flight. */
  close(): void
}

/** What a step's `bench.ts`, or another contender's client module, exports as `client`. */
export interface BenchClient {
  /** Opens a connection to the server on this machine. */
  connect(port: number): Promise<BenchConnection>
  /**
   * Runs `start`, then whatever hears the answers to the calls it makes, until `finished` is
   * called. Left out where Node's own event loop does that.
   */
  drive?(start: (finished: () => void) => void): void
}

/** What is asked of a contender of the benchmark. */
export interface Contending {
  /** Workloads that its way of waiting cannot do, and why. */
  cannot?: { workloads: readonly string[]; because: string }
  bars?: readonly Bar[]
}

/** A speed to be reached: so many times as fast as another in the same run, or so many milliseconds. */
export type Bar =
  | { workload: string; atLeast: number; against: string }
  | { workload: string; atMostMs: number }

/** What is asked of a step, and of the variants in its folder `bench`. */
export interface BenchInfo extends Contending {
  variants?: Readonly<Record<string, Contending>>
}
