import type { Address } from '../address.ts'
import { EAGAIN, ECONNRESET, EPIPE } from '../errors.ts'
import type { World } from './world.ts'

/**
 * One end of an established connection.
 *
 * ```
 *   send -> in flight, for at most `latency` -> unread bytes of the other end -> recv
 * ```
 *
 * The end of the stream and a reset travel the same way, behind the bytes.
 */
export class TcpEnd {
  readonly local: Address
  readonly remote: Address
  /** The other side will send no more: its FIN has arrived. */
  ended = false
  /** This side will send no more: its FIN is on the way. */
  finished = false
  /** shutdown(fd, 'read') */
  deaf = false
  /** The connection was reset, by either side. */
  broken = false
  /** Nobody holds this end any more. */
  closed = false
  /** The negated error that the next call returns, once; or 0. */
  error = 0
  /** Once the other side is gone: is that reported as HUP without IN? */
  readonly hangUpOnly: boolean
  /** Told of everything that arrives; for an end that is read by a script. */
  onArrival: (() => void) | undefined
  readonly #world: World
  #other!: TcpEnd
  #inFlight = 0
  #lastArrival = 0
  readonly #received: Uint8Array[] = []
  #unread = 0

  private constructor(world: World, local: Address, remote: Address) {
    this.#world = world
    this.local = local
    this.remote = remote
    this.hangUpOnly = world.fault('hangUpOnly')
  }

  /** The two ends of a new connection. */
  static pair(world: World, one: Address, two: Address): [TcpEnd, TcpEnd] {
    const ends: [TcpEnd, TcpEnd] = [new TcpEnd(world, one, two), new TcpEnd(world, two, one)]
    ends[0].#other = ends[1]
    ends[1].#other = ends[0]
    return ends
  }

  /** How many bytes have arrived and were not read yet. */
  get unread(): number {
    return this.#unread
  }

  /** How many bytes send would take now. */
  get room(): number {
    return Math.max(0, this.#world.bufferSize - this.#inFlight - this.#other.#unread)
  }

  /** The other side has closed its end altogether, and that is known here. */
  get abandoned(): boolean {
    return this.broken || (this.ended && this.#other.closed)
  }

  /** Takes up to `length` bytes that have arrived: recv(2) on a non-blocking socket. */
  recv(buffer: Uint8Array, length: number): number {
    const first = this.#received[0]
    if (first === undefined) {
      if (this.error) return this.takeError()
      return this.ended || this.deaf ? 0 : EAGAIN
    }
    const taken = Math.min(first.length, length)
    buffer.set(first.subarray(0, taken))
    if (taken === first.length) this.#received.shift()
    else this.#received[0] = first.subarray(taken)
    this.#unread -= taken
    return taken
  }

  /** Sends what there is room for: send(2) on a non-blocking socket. */
  send(bytes: Uint8Array): number {
    // Which of the two a sender sees first depends on the system and on the moment.
    if (this.takeError() && this.#world.chance(0.5)) return ECONNRESET
    if (this.broken || this.finished) return EPIPE
    const taken = Math.min(bytes.length, this.room)
    if (taken === 0) return bytes.length === 0 ? 0 : EAGAIN
    this.transmit(bytes.subarray(0, taken))
    return taken
  }

  /** Sends all bytes, room or not. */
  transmit(bytes: Uint8Array): void {
    if (this.broken || this.finished) return
    const breaks = this.#world.fault('reset')
    // Not `slice`: on a Buffer that is a view.
    const copy = Uint8Array.from(bytes).subarray(0, breaks ? this.#world.between(0, bytes.length) : bytes.length)
    this.#inFlight += copy.length
    this.#travel(() => {
      this.#inFlight -= copy.length
      this.#other.#receive(copy)
    })
    if (!breaks) return
    this.#travel(() => {
      this.#break()
      this.#other.#break()
    })
  }

  /** Sends the end of the stream. */
  finish(): void {
    if (this.broken || this.finished) return
    this.finished = true
    this.#travel(() => {
      this.#other.ended = true
      this.#other.onArrival?.()
    })
  }

  /** Gives this end back: an orderly end, or a reset when there were bytes left to read. */
  close(): void {
    if (this.#unread > 0) this.reset()
    else this.finish()
    this.closed = true
  }

  /** Throws the connection away. */
  reset(): void {
    this.closed = true
    if (this.broken) return
    this.broken = true
    this.#travel(() => this.#other.#break())
  }

  /** The pending error, which is then no longer pending. */
  takeError(): number {
    const { error } = this
    this.error = 0
    return error
  }

  #receive(bytes: Uint8Array): void {
    if (this.closed) return this.reset()
    if (this.broken) return
    if (bytes.length > 0) this.#received.push(bytes)
    this.#unread += bytes.length
    this.onArrival?.()
  }

  #break(): void {
    if (this.broken) return
    this.broken = true
    this.ended = true
    this.error = ECONNRESET
    // Linux keeps what has arrived before a reset, others throw it away: it cannot be relied on.
    if (this.#world.chance(0.5)) {
      this.#received.length = 0
      this.#unread = 0
    }
    this.onArrival?.()
  }

  /** Lets something arrive on the other side, after everything sent before it. */
  #travel(arrive: () => void): void {
    const { timeline, latency } = this.#world
    this.#lastArrival = Math.max(this.#lastArrival, timeline.now + this.#world.random() * latency)
    timeline.plan(this.#lastArrival, arrive)
  }
}
