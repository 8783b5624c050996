// #region picker
/** A server that may be asked, as a balancer knows it. */
export interface Backend {
  readonly name: string
  /** Calls to it that have not ended. */
  readonly inFlight: number
}

/** Says who is asked next, and is told how that went. */
export interface Picker {
  /** One of `backends`, of which there is at least one. */
  pick(backends: readonly Backend[]): Backend
  /** A call to it has ended after `ms` milliseconds; `ok` is false for one that failed because of the server. */
  done?(backend: Backend, ms: number, ok: boolean): void
}
// #endregion
