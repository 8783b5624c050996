import { ECONNREFUSED } from '../errors.ts'
import type { TcpEnd } from './tcp-end.ts'

/**
 * What the other side of a connection does, as callbacks. Each runs within some call of the program
 * under test, and may itself use the peer, but make no call that waits.
 */
export interface PeerScript {
  /** The connection is there. */
  onConnect?(peer: Peer): void
  /** Some bytes have arrived: as many as happened to arrive together. */
  onData?(peer: Peer, bytes: Uint8Array): void
  /** The program will send no more. Without this callback the peer closes its side too. */
  onEnd?(peer: Peer): void
  /** The connection was refused (ECONNREFUSED) or reset (ECONNRESET); `error` is negated. */
  onError?(peer: Peer, error: number): void
}

/** The far end of a connection on the faulty network. It needs no thread: it only ever reacts. */
export class Peer {
  readonly #script: PeerScript
  #end: TcpEnd | undefined
  #reading = true
  #over = false

  constructor(script: PeerScript) {
    this.#script = script
  }

  /** Sends bytes, or a text as UTF-8. There is always room; after the end nothing happens. */
  send(data: Uint8Array | string): void {
    this.#connection().transmit(typeof data === 'string' ? Buffer.from(data) : data)
  }

  /** Sends the end of the stream and goes on reading. */
  end(): void {
    this.#connection().finish()
  }

  /** Ends the connection in good order; with a reset if there were bytes left to read. */
  close(): void {
    this.#connection().close()
  }

  /** Throws the connection away: the program gets ECONNRESET or EPIPE. */
  reset(): void {
    this.#connection().reset()
  }

  /** Reads no more, so that sooner or later the program finds no room to send. */
  pause(): void {
    this.#reading = false
  }

  /** Reads again. */
  resume(): void {
    this.#reading = true
    if (this.#end) this.#arrived(this.#end)
  }

  /** Called by the network: the connection is there. */
  connected(end: TcpEnd): void {
    this.#end = end
    end.onArrival = () => this.#arrived(end)
    this.#script.onConnect?.(this)
  }

  /** Called by the network: nobody listens. */
  refused(): void {
    this.#script.onError?.(this, ECONNREFUSED)
  }

  #connection(): TcpEnd {
    if (!this.#end) throw new Error('this peer is not connected yet: wait for onConnect')
    return this.#end
  }

  #arrived(end: TcpEnd): void {
    while (this.#reading && !end.closed && end.unread > 0) {
      const buffer = new Uint8Array(end.unread)
      const bytes = buffer.subarray(0, end.recv(buffer, buffer.length))
      this.#script.onData?.(this, bytes)
    }
    if (this.#over || end.closed || end.unread > 0) return
    if (end.broken) {
      this.#over = true
      this.#script.onError?.(this, end.takeError())
    } else if (end.ended) {
      this.#over = true
      if (this.#script.onEnd) this.#script.onEnd(this)
      else this.close()
    }
  }
}
