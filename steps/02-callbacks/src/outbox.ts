import type { Writable } from 'node:stream'

/** How much may wait in front of the kernel, in characters (of ASCII, in bytes). */
export interface OutboxLimits {
  /** Above this the outbox is full: who can should wait until it has drained. */
  highWater: number
  /** Nothing is taken that would go above this. */
  hardCap: number
}

/** 64 Ki characters, and 16 Mi. */
export const defaultOutboxLimits: OutboxLimits = {
  highWater: 64 * 1024,
  hardCap: 16 * 1024 * 1024,
}

/** The peer has stopped reading, and what waits for it would go over the hard cap. */
export class OverflowError extends Error {
  override readonly name = 'OverflowError'
  readonly code = 'ERR_OVERFLOW'

  constructor(cap: number) {
    super(`the peer does not read: more than ${cap} characters would wait to be sent`)
  }
}

// #region outbox
/** When this many characters wait, they leave: the peer can work on them while we go on. */
const enough = 4096

/**
 * Joins what is sent in one turn of the event loop into few writes, and knows when to
 * stop. One for each connection; nothing else may write to its stream.
 */
export class Outbox {
  readonly #stream: Writable
  readonly #limits: OutboxLimits
  readonly #onDrain: () => void
  /** What was sent in this turn and is not written yet. */
  #joined = ''
  #corked = false
  #full = false

  /** `onDrain` runs when a full outbox has emptied to half of its high-water mark. */
  constructor(
    stream: Writable,
    onDrain = () => {},
    limits: Partial<OutboxLimits> = {},
  ) {
    this.#stream = stream
    this.#onDrain = onDrain
    this.#limits = { ...defaultOutboxLimits, ...limits }
  }

  /** Characters sent that the kernel has not taken. */
  get held(): number {
    return this.#joined.length + this.#stream.writableLength
  }

  /** True from going over the high-water mark until drained. */
  get full(): boolean {
    return this.#full
  }

  /**
   * Takes a frame; it is written when enough is joined, when this turn ends, or at
   * `uncork`. Returns false when full: taken all the same, but wait for `onDrain` before
   * sending more. On a stream that has ended it is dropped. Throws OverflowError when it
   * would go over the hard cap; then it is not taken.
   */
  send(frame: string): boolean {
    const held = this.held + frame.length
    if (held > this.#limits.hardCap) throw new OverflowError(this.#limits.hardCap)
    // Not nextTick or a microtask: those run after each callback, and a thousand timers
    // that are due together would make a thousand writes.
    if (this.#joined === '' && !this.#corked) setImmediate(this.#flush)
    this.#joined += frame
    if (held > this.#limits.highWater) this.#full = true
    if (this.#joined.length >= enough) this.#flush()
    return !this.#full
  }

  /** Until `uncork` only a full write leaves: for whoever knows when the turn is done. */
  cork(): void {
    this.#corked = true
  }

  /** Writes what there is. */
  uncork(): void {
    this.#corked = false
    this.#flush()
  }

  /** Writes what there is, then ends the stream. */
  end(): void {
    this.#flush()
    this.#stream.end()
  }

  readonly #flush = () => {
    const frames = this.#joined
    this.#joined = ''
    if (frames === '' || !this.#stream.writable) return
    this.#stream.write(frames, this.#written)
  }

  // Not the stream's own 'drain': its high-water mark is another, and not always the same.
  readonly #written = (error?: Error | null) => {
    if (error || !this.#full || this.held > this.#limits.highWater / 2) return
    this.#full = false
    this.#onDrain()
  }
}
// #endregion
