// #region callback
/**
 * Is told how something ended: error first, exactly once, and never before the function that
 * took it has returned.
 */
export type Callback<T> = (...outcome: Outcome<T>) => void
export type Outcome<T> = [error: Error, result: undefined] | [error: null, result: T]

/**
 * Calls back from the middle of a loop. What the callback throws must not stop the loop, which
 * has others to call, and is not ours to swallow: it is thrown again when this turn is over,
 * where nobody can catch it but the process.
 */
export function tell<T>(callback: Callback<T>, ...outcome: Outcome<T>): void {
  try {
    callback(...outcome)
  } catch (error) {
    process.nextTick(() => {
      throw error
    })
  }
}
// #endregion
