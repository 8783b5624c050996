import type { Json } from '@rpc-steps/wire'
import type { Call } from '@rpc-steps/async-await'

// #region in-sequence
/** Each page is asked for when the one before it has come: the total is the sum. */
export async function fetchInSequence(call: Call, urls: readonly string[]): Promise<Json[]> {
  const pages: Json[] = []
  for (const url of urls) pages.push(await call('fetch', { url }))
  return pages
}
// #endregion

// #region all
/** All are asked for before the first is awaited: the total is the longest. */
export function fetchAll(call: Call, urls: readonly string[]): Promise<Json[]> {
  return Promise.all(urls.map((url) => call('fetch', { url })))
}
// #endregion

// #region settled
/** Like `fetchAll`, but a page that fails does not cost us the others. */
export function fetchSettled(
  call: Call,
  urls: readonly string[],
): Promise<PromiseSettledResult<Json>[]> {
  return Promise.allSettled(urls.map((url) => call('fetch', { url })))
}
// #endregion
