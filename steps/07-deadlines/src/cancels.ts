import { Key } from '@rpc-steps/async-await'
import type { Peer } from '@rpc-steps/async-await'
import { isId } from '@rpc-steps/wire'
import { Requests } from './requests.ts'

const method = '$/cancelRequest'
const key = new Key<Requests>('the requests that can be ended')

// #region cancels
/**
 * Both ends of a cancel, for the `extensions` of a peer: tells the other end of each call that is
 * given up here, and hears it of those that are given up there. A second time it changes nothing.
 * LSP 3.17, "Cancellation Support".
 */
export function cancels(peer: Peer): Requests {
  const known = peer.get(key)
  if (known) return known
  const requests = new Requests()
  peer.set(key, requests)
  peer.onAbandoned((id) => void peer.notify(method, { id }))
  peer.onNotification(method, (params) => {
    const id = (params as { id?: unknown } | null | undefined)?.id
    if (isId(id)) requests.cancel(id)
  })
  // Who is refused on the way here is answered, too: from then on a cancel is late, and not early.
  peer.onRequest(({ id }, respond) => {
    requests.read(id)
    return (error, result) => {
      requests.answered(id)
      respond(error, result)
    }
  })
  void peer.closed.then(() => requests.clear())
  return requests
}
// #endregion
