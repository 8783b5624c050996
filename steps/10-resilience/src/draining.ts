import { Key } from '@rpc-steps/async-await'
import type { Peer } from '@rpc-steps/async-await'

const method = '$/drain'

// #region hear
/** Whether the other end of a connection has asked us to go elsewhere. */
export class Drain {
  #asked = false
  readonly #listeners: (() => void)[] = []

  get asked(): boolean {
    return this.#asked
  }

  /** Does `job` when it asks, or at once if it has. */
  onAsked(job: () => void): void {
    if (this.#asked) job()
    else this.#listeners.push(job)
  }

  /** The other end asks. */
  ask(): void {
    this.#asked = true
    for (const job of this.#listeners.splice(0)) job()
  }
}

const key = new Key<Drain>('the other end drains')

/** Hears `$/drain`. To be among the `extensions` of a peer: it may be the first thing that the other end says. */
export function drains(peer: Peer): Drain {
  const known = peer.get(key)
  if (known) return known
  const drain = new Drain()
  peer.set(key, drain)
  peer.onNotification(method, () => drain.ask())
  return drain
}
// #endregion

// #region tell
/**
 * Tells the clients of a server to go elsewhere with what they have yet to ask: those that are here, and those
 * that still come. What is in flight is finished, so drain the queue next, and then close the server.
 * GOAWAY in HTTP/2, RFC 9113, section 6.8.
 */
export class Drainer {
  readonly #peers = new Set<Peer>()
  #begun = false

  /** For the `extensions` of the server's peers. */
  readonly extension = (peer: Peer): void => {
    if (this.#begun) return void peer.notify(method)
    this.#peers.add(peer)
    void peer.closed.then(() => this.#peers.delete(peer))
  }

  /** Tells all of them, and from now on whoever comes. */
  begin(): void {
    this.#begun = true
    for (const peer of this.#peers) void peer.notify(method)
    this.#peers.clear()
  }
}
// #endregion
