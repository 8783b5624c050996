import { Key, systemClock } from '@rpc-steps/async-await'
import type { Clock, Peer } from '@rpc-steps/async-await'

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
 * that still come. What is in flight is finished: so drain the queue, wait until they have gone, and close the server.
 * GOAWAY in HTTP/2, RFC 9113, section 6.8.
 */
export class Drainer {
  readonly #peers = new Set<Peer>()
  #begun = false
  #lastHasGone = () => {}

  /** For the `extensions` of the server's peers. */
  readonly extension = (peer: Peer): void => {
    this.#peers.add(peer)
    void peer.closed.then(() => {
      this.#peers.delete(peer)
      if (this.#peers.size === 0) this.#lastHasGone()
    })
    if (this.#begun) this.#tell(peer)
  }

  /** Tells all of them, and from now on whoever comes. */
  begin(): void {
    this.#begun = true
    for (const peer of this.#peers) this.#tell(peer)
  }

  #tell(peer: Peer): void {
    if (peer.knowsFraming) return void peer.notify(method)
    // Who has said nothing has nothing in flight. They hear it before their first answer, in a frame that they can read.
    let told = false
    peer.onRequest((_, respond) => {
      if (!told) void peer.notify(method)
      told = true
      return respond
    })
  }

  /**
   * Resolves when all of them have gone, or after so many milliseconds: some do not know what they were told. What
   * they sent before they heard of it is on its way until then, and to close earlier would be to lose it.
   */
  gone(ms = 1_000, clock: Clock = systemClock): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(ms, resolve)
      this.#lastHasGone = () => {
        cancel()
        resolve()
      }
      if (this.#peers.size === 0) this.#lastHasGone()
    })
  }
}
// #endregion
