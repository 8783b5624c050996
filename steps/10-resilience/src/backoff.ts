/** How long to wait before the next try. */
export interface BackoffOptions {
  /** Milliseconds at most before the first retry; twice as many before each further one. Default 50. */
  base?: number
  /** Milliseconds that it never goes beyond. Default 5,000. */
  cap?: number
  /** From 0 to 1, without 1. */
  random?: () => number
}

// #region backoff
/**
 * Milliseconds to wait after so many failures in a row, counted from 1. Any time up to the limit is as likely as
 * any other: those who have failed together do not come back together. "Full jitter" in M. Brooker,
 * "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function backoff(failures: number, { base = 50, cap = 5_000, random = Math.random }: BackoffOptions = {}): number {
  return random() * Math.min(cap, base * 2 ** (failures - 1))
}
// #endregion
