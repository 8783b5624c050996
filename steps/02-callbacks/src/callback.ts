// #region callback
/**
 * Is told how something ended: error first, exactly once, and never before the function
 * that took it has returned. After an error there is no result; the type cannot say so.
 */
export type Callback<T> = (error: Error | null, result: T) => void

/**
 * Calls back from the middle of a loop. What the callback throws must not stop the loop, which has
 * others to call, and is not ours to swallow: it is thrown again `later`, when this turn is over.
 */
export function tell<T>(later: Later, callback: Callback<T>, error: Error | null, result?: T): void {
  try {
    callback(error, result as T)
  } catch (thrown) {
    later(() => {
      throw thrown
    })
  }
}

/** Does a job when the callbacks that run now have returned. */
export type Later = (job: () => void) => void
// #endregion
