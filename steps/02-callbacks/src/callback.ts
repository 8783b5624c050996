// #region callback
/**
 * Is told how something ended: error first, exactly once, and never before the function
 * that took it has returned. After an error there is no result; the type cannot say so.
 */
export type Callback<T> = (error: Error | null, result: T) => void

/**
 * Calls back from the middle of a loop. What the callback throws must not stop the
 * loop, which has others to call, and is not ours to swallow: it is thrown again when
 * this turn is over, where only the process can catch it.
 */
export function tell<T>(callback: Callback<T>, error: Error | null, result?: T): void {
  try {
    callback(error, result as T)
  } catch (thrown) {
    process.nextTick(() => {
      throw thrown
    })
  }
}
// #endregion
