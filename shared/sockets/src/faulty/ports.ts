import type { Address } from '../address.ts'
import type { Peer } from './peer.ts'
import { TcpEnd } from './tcp-end.ts'
import type { World } from './world.ts'

const FIRST_FREE_PORT = 49_152

/** Whoever takes the connections to one port. */
type Listener = (end: TcpEnd) => void

/** Who listens where, and how connections come about. */
export class Ports {
  readonly #world: World
  readonly #listeners = new Map<number, Listener>()
  /** Peers that connect as soon as somebody listens on their port. */
  readonly #waiting = new Map<number, Peer[]>()
  #next = FIRST_FREE_PORT

  constructor(world: World) {
    this.#world = world
  }

  /** A port that nobody was given before. */
  free(): number {
    while (this.#listeners.has(this.#next)) this.#next++
    return this.#next++
  }

  /** Does somebody listen there? */
  has(port: number): boolean {
    return this.#listeners.has(port)
  }

  /** From now on `listener` gets the connections to `port`. */
  listen(port: number, listener: Listener): void {
    this.#listeners.set(port, listener)
    for (const peer of this.#waiting.get(port) ?? []) this.dialPeer(port, peer)
    this.#waiting.delete(port)
  }

  /** Nobody listens there any more. */
  unlisten(port: number): void {
    this.#listeners.delete(port)
  }

  /** Nobody listens anywhere any more. */
  clear(): void {
    this.#listeners.clear()
  }

  /** Connects a scripted client: now, or as soon as somebody listens. */
  dialPeer(port: number, peer: Peer): void {
    if (!this.#listeners.has(port)) {
      this.#waiting.set(port, [...(this.#waiting.get(port) ?? []), peer])
      return
    }
    const local = { host: '127.0.0.1', port: this.free() }
    this.dial(port, local, (end) => (end ? peer.connected(end) : peer.refused()))
  }

  /** Connects to `port`. Later `decided` gets the near end, or nothing when it was refused. */
  dial(port: number, local: Address, decided: (end: TcpEnd | undefined) => void): void {
    const { timeline, random, latency } = this.#world
    timeline.plan(timeline.now + random() * latency, () => {
      const listener = this.#listeners.get(port)
      if (!listener || this.#world.fault('refuse')) return decided(undefined)
      const [near, far] = TcpEnd.pair(this.#world, local, { host: '127.0.0.1', port })
      listener(far)
      decided(near)
    })
  }
}
