/** One of many waits. It should end soon after the signal is aborted. */
export type Task<T, R> = (item: T, signal: AbortSignal) => Promise<R>

/** How much at once, and until when. */
export interface GatherOptions {
  /** Tasks in flight at most; without it, all at once. */
  limit?: number
  /** Ends all of it; the promise rejects with the signal's reason. */
  signal?: AbortSignal
}

// #region gather
/**
 * Runs a task for each item and resolves to the results, in the order of the items. The first
 * error aborts the rest, and rejects the promise when all tasks have ended. Of a remote call that
 * is the waiting: the server is not told, and works on what it has.
 */
export async function gather<T, R>(
  items: readonly T[],
  task: Task<T, R>,
  { limit = Infinity, signal }: GatherOptions = {},
): Promise<R[]> {
  if (!(limit >= 1)) throw new RangeError(`limit must be 1 or more, not ${limit}`)
  signal?.throwIfAborted()
  const rest = new AbortController()
  const abort = () => rest.abort(signal?.reason)
  signal?.addEventListener('abort', abort)

  const results = new Array<R>(items.length)
  const queue = items.entries()
  const work = async () => {
    try {
      // All workers draw from one iterator, so each item is taken once.
      for (const [i, item] of queue) {
        if (rest.signal.aborted) return
        results[i] = await task(item, rest.signal)
      }
    } catch (error) {
      rest.abort(error) // only the first abort counts
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work))
  signal?.removeEventListener('abort', abort)
  rest.signal.throwIfAborted()
  return results
}
// #endregion

// #region gather-settled
/** Like `gather`, but an error is a result like any other, and aborts nothing. */
export function gatherSettled<T, R>(
  items: readonly T[],
  task: Task<T, R>,
  options?: GatherOptions,
): Promise<PromiseSettledResult<R>[]> {
  const settle = async (item: T, signal: AbortSignal) => {
    const [result] = await Promise.allSettled([task(item, signal)])
    return result
  }
  return gather(items, settle, options)
}
// #endregion
