// #region line
/** What a line must know of a request to say when it is its turn. */
export interface Waiting {
  /** Who asks. */
  readonly connection: unknown
  /** 0 to 9: what is more urgent has the higher number. */
  readonly priority: number
  /** Milliseconds on the queue's clock: when it came. */
  readonly since: number
}

/** Those that wait, and in which order. It does not know how many there may be. */
export interface Line<T extends Waiting> {
  readonly size: number
  /** This one waits from now on. */
  add(task: T): void
  /** Takes out whose turn it is. */
  next(): T | undefined
  /** This one waits no longer. */
  remove(task: T): void
  /** There is no room: takes out the one that makes room for this newcomer, if any has to. */
  pushOut?(newcomer: T): T | undefined
  /** A worker is free: takes out one that has waited for too long to be of use, if there is any. */
  expire?(): T | undefined
}

/** Makes an order of one's own. */
export type NewLine = <T extends Waiting>() => Line<T>
// #endregion
