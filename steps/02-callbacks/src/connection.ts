import { connect, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { Alarm, Session, systemClock } from '@rpc-steps/session'
import type { Clock, SessionEvents, SessionOptions } from '@rpc-steps/session'

/** How a connection behaves. */
export interface ConnectionOptions extends SessionOptions {
  /** Another clock, for tests. */
  clock?: Clock
}

/** What a connection reports to the client or server that it belongs to. */
export interface ConnectionEvents extends Omit<SessionEvents, 'wake'> {
  /** Once: the stream has closed. */
  closed(cause: unknown): void
}

const nothing = Buffer.alloc(0)
/** What waits for it is a microtask. `queueMicrotask` would make an AsyncResource for each. */
const now = Promise.resolve()

/** Drives a session over a stream: whatever happens to the stream calls back, and nothing waits. */
export class Connection {
  readonly session: Session
  readonly #stream: Duplex
  /** Of TCP alone: over TLS nothing is taken at once. */
  readonly #isSocket: boolean
  readonly #clock: Clock
  readonly #alarm: Alarm
  #error: unknown
  /** Bytes that the stream has and the kernel has not. */
  #writing = 0
  /** Somebody will look at the session soon. */
  #turnIsSet = false

  constructor(stream: Duplex, events: ConnectionEvents, options: ConnectionOptions = {}) {
    this.#stream = stream
    this.#isSocket = stream instanceof Socket && !(stream instanceof TLSSocket)
    this.#clock = options.clock ?? systemClock
    this.#alarm = new Alarm(this.#clock, () => this.#turn())
    this.session = new Session({ ...events, wake: (enough) => this.#wake(enough) }, options)
    // Who has sent its last request may still want the answers.
    stream.allowHalfOpen = true
    stream.on('data', (chunk: Buffer) => this.#received(chunk))
    stream.on('end', () => this.#ended())
    stream.on('error', (error) => (this.#error ??= error))
    const closed = () => {
      this.session.closed(this.#error)
      this.#alarm.stop()
      events.closed(this.session.cause)
    }
    // A stream that is over already says so to nobody.
    if (stream.closed) process.nextTick(closed)
    else stream.on('close', closed)
    if (stream.readableEnded) process.nextTick(() => this.#ended())
  }

  // #region drive
  #received(chunk: Buffer): void {
    this.#turnIsSet = true
    this.session.received(chunk)
    // When those who have waited in a promise have had their turn: what they say leaves together with the rest.
    void now.then(this.#turn)
  }

  #ended(): void {
    this.session.ended()
    this.#turn()
  }

  /**
   * What is sent in one turn of the event loop leaves together. Not by nextTick or a microtask:
   * those run after each callback, and a thousand timers that are due at once would be a thousand writes.
   */
  #wake(enough: boolean): void {
    if (enough) this.#write()
    if (this.#turnIsSet) return
    this.#turnIsSet = true
    setImmediate(this.#turn)
  }

  readonly #turn = () => {
    const { session } = this
    const stream = this.#stream
    this.#turnIsSet = false
    this.#write()
    if (session.takeEnd()) stream.end()
    if (session.over && !(stream.readableEnded && stream.writableEnded)) stream.destroy()
    if (!session.reads) stream.pause()
    else if (stream.isPaused()) stream.resume()
    if (session.isTimed) this.#alarm.set(session.tick(this.#clock.now()))
  }

  /** One piece at a time, so that what the kernel has no room for waits in the session, which counts it. */
  #write(): void {
    const stream = this.#stream
    while (this.#writing === 0 && stream.writable) {
      const bytes = this.session.next()
      if (bytes === undefined) return
      this.#writing = bytes.length
      // Nearly always a socket takes it at once, and a callback would be called in a later tick, for nothing.
      if (this.#isSocket) stream.write(bytes)
      else stream.write(bytes, this.#written)
      if (stream.writableLength === 0) this.#took()
      // What is empty leaves last, and says so. Another stream might make a message of it.
      else if (this.#isSocket) stream.write(nothing, this.#written)
    }
  }

  readonly #written = (error?: Error | null) => {
    if (error || this.#writing === 0 || this.#stream.writableLength > 0) return
    this.#took()
    this.#turn()
  }

  #took(): void {
    const count = this.#writing
    this.#writing = 0
    this.session.took(count)
  }
  // #endregion
}

// #region onread
/** All that comes is read into this one buffer: a session is done with a chunk when `received` returns. */
const buffer = Buffer.allocUnsafeSlow(64 * 1024)

/** Begins to connect. Without a buffer of ours Node would allocate 64 KiB for each chunk. */
export function openSocket({ host = '127.0.0.1', port }: { host?: string; port: number }): Socket {
  const socket: Socket = connect({
    host,
    port,
    // The frames of a turn are one write already. What it would be without: two-writes.ts.
    noDelay: true,
    onread: { buffer, callback: (length) => socket.emit('data', buffer.subarray(0, length)) },
  })
  return socket
}
// #endregion
