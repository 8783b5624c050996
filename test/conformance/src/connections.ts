import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Framing, Received } from './frames.ts'
import { FrameReader } from './frames.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/**
 * Waits until it is enough, and at most `ms` milliseconds. `wakes` is given what to call when that may be.
 * It waits in parts: while we are not run, on a busy machine, time passes that nobody could use, and what came
 * meanwhile is read only after the timers.
 */
export async function patience(ms: number, enough: () => boolean, wakes: (wake: () => void) => void): Promise<void> {
  const parts = 8
  const until = performance.now() + ms * 4
  for (let left = parts; left > 0 && performance.now() < until && !enough(); ) {
    await new Promise<void>((done) => {
      const timer = setTimeout(() => setImmediate(() => (left--, done())), ms / parts)
      wakes(() => (clearTimeout(timer), done()))
    })
  }
}

/** Something that came from the server, on the connection called `on`. */
export type Arrival = { readonly on: string } & (Received | { readonly kind: 'closed' })

/** All that went over one connection, for whoever looks for a cause. */
export interface Transcript {
  readonly sent: Buffer[]
  readonly came: Buffer[]
  /** What came of a message that is not whole yet, or of no message. */
  rest(): Buffer
  /** The server has ended it, as one does or at once with what was unread; undefined while it has not. */
  ended?: 'end' | 'reset'
}

/**
 * The connections of one case. What comes on any of them joins one queue, in the order in which
 * it came: that is how a case can say that one client is answered before another.
 */
export class Connections {
  readonly #address: Address
  readonly #framing: Framing
  readonly #sockets = new Map<string, Socket>()
  readonly #ended = new Set<string>()
  readonly #arrivals: Arrival[] = []
  #wake = () => {}
  #made: Socket | undefined
  readonly transcripts = new Map<string, Transcript>()

  /** `made` is a connection that is there already, and will be the first. */
  constructor(address: Address, framing: Framing, made?: Socket) {
    this.#address = address
    this.#framing = framing
    this.#made = made
  }

  /** Connections on which we may still send, oldest first. */
  get open(): string[] {
    return [...this.#sockets.keys()].filter((on) => !this.#ended.has(on))
  }

  /** Writes; connects first if this is a new connection. Rejects if that is refused. */
  async send(on: string, chunks: Buffer[]): Promise<void> {
    const socket = await this.#connected(on)
    for (const [i, chunk] of chunks.entries()) {
      // A turn of the loop apart, so that they are not joined on the way out.
      if (i > 0) await new Promise((done) => setImmediate(done))
      this.transcripts.get(on)?.sent.push(chunk)
      if (socket.writable) socket.write(chunk)
    }
  }

  /** Sends the end of the stream; what comes is still read. */
  async end(on: string): Promise<void> {
    const socket = await this.#connected(on)
    this.#ended.add(on)
    socket.end()
  }

  /** Ends the connection both ways; what came on it and was not looked at is forgotten. */
  leave(on: string): void {
    const socket = this.#sockets.get(on)
    this.#sockets.delete(on)
    this.#ended.delete(on)
    socket?.removeAllListeners().on('error', () => {}).destroy()
    const others = this.#arrivals.filter((arrival) => arrival.on !== on)
    this.#arrivals.splice(0, Infinity, ...others)
  }

  leaveAll(): void {
    for (const on of [...this.#sockets.keys()]) this.leave(on)
    this.#made?.destroy()
  }

  /** The next thing that comes on any connection; undefined when nothing does for `bound` ms. */
  async next(bound: number): Promise<Arrival | undefined> {
    await patience(bound, () => this.#arrivals.length > 0, (wake) => (this.#wake = wake))
    return this.#arrivals.shift()
  }

  async #connected(on: string): Promise<Socket> {
    const known = this.#sockets.get(on)
    if (known) return known
    const made = this.#made
    this.#made = undefined
    const socket = made ?? connect({ ...this.#address, noDelay: true })
    this.#sockets.set(on, socket)
    if (!made) await new Promise<void>((done, fail) => socket.once('connect', done).once('error', fail))
    socket.removeAllListeners('error')
    this.#listen(on, socket)
    return socket
  }

  #listen(on: string, socket: Socket): void {
    const reader = new FrameReader(this.#framing)
    const transcript: Transcript = { sent: [], came: [], rest: () => reader.rest }
    this.transcripts.set(on, transcript)
    const arrive = (received: Received[]) => {
      for (const one of received) this.#arrivals.push({ on, ...one })
      if (received.length > 0) this.#wake()
    }
    let closed = false
    const close = (how: 'end' | 'reset') => {
      if (closed) return
      closed = true
      transcript.ended = how
      arrive(reader.end())
      this.#arrivals.push({ on, kind: 'closed' })
      this.#wake()
    }
    // A reset is an end like another: a server that refuses a peer need not read all it sent.
    socket.on('data', (chunk: Buffer) => {
      if (!reader.broken) transcript.came.push(chunk)
      arrive(reader.push(chunk))
    })
    socket.on('error', () => {}).once('end', () => close('end')).once('close', () => close('reset'))
  }
}
