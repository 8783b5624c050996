/** A method of the service and its parameters. */
export interface Request {
  method: 'say' | 'sleep'
  params: { text?: string; ms?: number }
}

/** Gets the error, or the answer, of one call. */
export type Done = (error: Error | null, answer?: unknown) => void

/** One connection of a contender, as the load generator sees it. */
export interface Connection {
  /** Makes one call. `done` may run before `call` returns: a blocking client knows no other way. */
  call(request: Request, done: Done): void
  /** Makes `count` calls, `limit` in flight: for a contender that brings its own way to do that. */
  gather?(request: Request, count: number, limit: number): Promise<unknown[]>
  close(): void
}

/** What a contender's client module exports as `client`. */
export interface Client {
  connect(port: number): Promise<Connection>
  /**
   * Runs `start`, then whatever hears the answers to the calls it makes, until `finished` is
   * called. Left out where Node's own event loop does that.
   */
  drive?(start: (finished: () => void) => void): void
}
