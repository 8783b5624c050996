import { isUtf8 } from 'node:buffer'
import { FramingError } from './errors.ts'

/** How much of a frame is read before its peer is refused. */
export interface FrameLimits {
  /** Bytes of a header block. */
  header: number
  /** Bytes of a body; held against the declared length, before a byte of the body is kept. */
  body: number
}

export const defaultLimits: FrameLimits = { header: 8 * 1024, body: 4 * 1024 * 1024 }

/**
 * Cuts one byte stream into messages, and wraps messages for the way back. One for each
 * connection. Reading takes two calls, so that a program that waits in `recv` and one that is
 * called back use the same code:
 *
 *     framer.push(chunk)
 *     while ((body = framer.next()) !== undefined) ...
 *
 * `push` borrows the chunk and parses it where it lies. Take messages until `next` returns
 * undefined before you push again or reuse the chunk's memory; only then is what remains, the
 * beginning of an unfinished frame, copied.
 */
export interface Framer {
  /** Takes the next bytes of the stream: all of the chunk, or its first `length` bytes. */
  push(chunk: Uint8Array, length?: number): void
  /**
   * The next whole message, or undefined when more bytes are needed. A body that is not UTF-8
   * comes as one U+FFFD, which is not JSON: its frame was good, so the stream can go on.
   * Throws FramingError; nothing can be read after that.
   */
  next(): string | undefined
  /** The stream has ended. Throws FramingError if that was inside a frame. */
  end(): void
  /** True while part of a frame has come and the rest has not. */
  readonly partial: boolean
  /** Bytes of the unfinished frame that are kept. */
  readonly held: number
  /** The message in its frame, to be sent as UTF-8. */
  frame(body: string): string
}

const nothing = Buffer.alloc(0)

/**
 * What both framings need: the bytes at hand, which are the borrowed chunk while frames lie
 * whole in it, or a copy of our own while one frame is spread over several chunks.
 */
export abstract class BufferedFramer implements Framer {
  protected readonly limits: FrameLimits
  protected bytes: Buffer = nothing
  /** The unread bytes are `bytes[start..stop)`; those before `scanned` were searched already. */
  protected start = 0
  protected scanned = 0
  protected stop = 0
  #borrowed = false

  constructor(limits: FrameLimits) {
    this.limits = limits
  }

  abstract next(): string | undefined
  abstract frame(body: string): string

  // #region push
  push(chunk: Uint8Array, length = chunk.length): void {
    if (this.start < this.stop) {
      this.#makeRoom(length)
      this.bytes.set(length < chunk.length ? chunk.subarray(0, length) : chunk, this.stop)
      this.stop += length
      return
    }
    this.bytes = Buffer.isBuffer(chunk)
      ? chunk
      : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    this.start = this.scanned = 0
    this.stop = length
    this.#borrowed = true
  }

  /** For when no whole frame is at hand: copies what remains of a borrowed chunk. */
  protected keep(): undefined {
    if (this.start === this.stop) this.bytes = nothing
    else if (this.#borrowed) this.#makeRoom(0)
  }

  /** Makes the unread bytes our own, with room for `more`. Doubling keeps the copying linear. */
  #makeRoom(more: number): void {
    const { bytes, start, held } = this
    if (!this.#borrowed && this.stop + more <= bytes.length) return
    const capacity = Math.max(256, 2 * (held + more))
    if (this.#borrowed || capacity > bytes.length) this.bytes = Buffer.allocUnsafeSlow(capacity)
    bytes.copy(this.bytes, 0, start, this.stop)
    this.scanned -= start
    this.start = 0
    this.stop = held
    this.#borrowed = false
  }
  // #endregion

  /** Takes `bytes[start..start + length)` as text, and moves on to `next`. */
  protected take(length: number, next: number): string {
    const { bytes, start } = this
    this.start = this.scanned = next
    const text = bytes.toString('utf8', start, start + length)
    // V8 knows whether a string is all Latin-1, and most messages are: then this costs nothing.
    const doubtful = text.includes('\ufffd')
    return doubtful && !isUtf8(bytes.subarray(start, start + length)) ? '\ufffd' : text
  }

  end(): void {
    if (this.partial) throw new FramingError('the stream ended inside a frame')
  }

  get partial(): boolean {
    return this.held > 0
  }

  get held(): number {
    return this.stop - this.start
  }
}
