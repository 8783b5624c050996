// #region limit
/** What a request that has ended says of the server; one that says nothing of it is no sample. */
export interface Sample {
  /** Milliseconds from when it was let in until it ended. */
  readonly rttMs: number
  /** Requests that were in flight when it was let in, itself among them. */
  readonly inFlight: number
  /** `dropped`: it ended because there was too much to do. How quickly it did so means nothing. */
  readonly outcome: 'success' | 'dropped'
}

/**
 * How many requests may be in flight, learned from those that have ended. It lets nobody in and counts
 * nobody: as in Netflix's concurrency-limits, the number, the admission and the outcome are three things.
 */
export interface Limit {
  /** A whole number, at least 1; or Infinity. */
  readonly current: number
  /** Learns from one that has ended. */
  sample(sample: Sample): void
}

/** The number that somebody has chosen. */
export function fixed(current: number): Limit {
  if (!(current >= 1)) throw new RangeError(`a limit must be 1 or more, not ${current}`)
  return { current, sample() {} }
}
// #endregion

/** How a limit begins, and how far it may go. */
export interface Range {
  /** Where it begins. Default 10. */
  initial?: number
  /** Default 1,000. */
  most?: number
}

/** Reads a range, with its defaults. Throws RangeError. */
export function rangeOf({ initial = 10, most = 1000 }: Range): Required<Range> {
  if (!(most >= 1)) throw new RangeError(`most must be 1 or more, not ${most}`)
  if (!(initial >= 1 && initial <= most)) throw new RangeError(`initial must be 1 to ${most}, not ${initial}`)
  return { initial, most }
}

/** Keeps a limit in its range: at 0 nothing would ever come in again to say that it may grow. */
export const clamp = (limit: number, most: number): number => Math.max(1, Math.min(limit, most))
