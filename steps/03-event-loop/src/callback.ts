/**
 * Is told how something ended: error first, exactly once, and never before the function that
 * took it has returned.
 */
export type Callback<T> = (...outcome: Outcome<T>) => void
/** An error, or a result. */
export type Outcome<T> = [error: Error, result: undefined] | [error: null, result: T]
