/** Gets the error, or the answer, of one call. */
export type Done = (error: Error | null, answer?: unknown) => void

/** One connection of a contender, as the load generator sees it. */
export interface Connection {
  /** Makes one call. `done` may run before `call` returns: a blocking client knows no other way. */
  call(method: 'say' | 'sleep', params: { text?: string; ms?: number }, done: Done): void
  close(): void
}

/** What a contender's client module exports as `client`. */
export interface Client {
  connect(port: number): Promise<Connection>
  /**
   * Runs `start`, then whatever answers the calls it makes, until `start`'s `finished` is called.
   * Left out where Node's own event loop does that.
   */
  drive?(start: (finished: () => void) => void): void
}
