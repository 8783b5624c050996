import { isAscii, isUtf8 } from 'node:buffer'
import { FramingError } from './errors.ts'
import { byteLength } from './rope.ts'
import type { Text } from './rope.ts'

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
  frame(body: Text): string
  /**
   * Writes the message in its frame into memory, from `at` on. Returns how many bytes that were, or
   * -1 if there was no room; what lies behind `at` may be overwritten all the same.
   */
  encode(body: Text, into: Buffer, at: number): number
}

/** Bytes that are set aside for a frame before they have come, at most. */
const roomAtOnce = 64 * 1024
const LF = 10
/** Bytes below which a message is small. */
const few = 1024
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
  /** What came in the same chunk behind the frame at hand. */
  #behind: { chunk: Uint8Array; start: number; length: number } | undefined
  /** The bytes from `#asciiStart` on as text, if they are ASCII; empty if not; undefined if nobody has looked. */
  #ascii: string | undefined
  #asciiStart = 0

  constructor(limits: FrameLimits) {
    this.limits = limits
  }

  /** The next whole message of the bytes at hand. */
  protected abstract read(): string | undefined
  abstract frame(body: Text): string
  abstract encode(body: Text, into: Buffer, at: number): number

  // #region push
  push(chunk: Uint8Array, length = chunk.length): void {
    if (this.start === this.stop) return this.#borrow(chunk, 0, length)
    // Only what completes the body or line at hand is copied; what is behind it is parsed where it lies.
    const came = length < chunk.length ? chunk.subarray(0, length) : chunk
    const count = Math.min(length, this.missing < Infinity ? this.missing : came.indexOf(LF) + 1 || length)
    this.#makeRoom(count)
    this.bytes.set(count < length ? chunk.subarray(0, count) : came, this.stop)
    this.stop += count
    if (count < length) this.#behind = { chunk, start: count, length }
  }

  next(): string | undefined {
    for (;;) {
      const message = this.read()
      if (message !== undefined) return message
      if (this.#behind === undefined) return this.#keep()
      const { chunk, start, length } = this.#behind
      this.#behind = undefined
      this.#borrow(chunk, start, length)
    }
  }

  #borrow(chunk: Uint8Array, start: number, length: number): void {
    this.bytes = Buffer.isBuffer(chunk)
      ? chunk
      : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    this.start = this.scanned = start
    this.stop = length
    this.#borrowed = true
    this.#ascii = undefined
  }

  /** Bytes until the end of the frame at hand; Infinity where a line end tells. */
  protected get missing(): number {
    return Infinity
  }

  /** Copies what remains of a borrowed chunk, and lets go of what does not. */
  #keep(): undefined {
    if (this.start < this.stop) {
      if (this.#borrowed) this.#makeRoom(0)
      return
    }
    this.bytes = nothing
    this.start = this.scanned = this.stop = 0
    this.#ascii = undefined
  }

  /**
   * Makes the unread bytes our own, with room for `more`. Doubling keeps the copying linear; a frame
   * that is not large gets its room at once.
   */
  #makeRoom(more: number): void {
    const { bytes, start, held } = this
    if (!this.#borrowed && this.stop + more <= bytes.length) return
    const frame = this.missing === Infinity ? 0 : held + this.missing
    const capacity = Math.max(256, 2 * (held + more), Math.min(frame, roomAtOnce))
    if (this.#borrowed || capacity > bytes.length) this.bytes = Buffer.allocUnsafeSlow(capacity)
    bytes.copy(this.bytes, 0, start, this.stop)
    this.scanned -= start
    this.start = 0
    this.stop = held
    this.#borrowed = false
    this.#ascii = undefined
  }
  // #endregion

  /** Takes `bytes[start..start + length)` as text, and moves on to `next`. */
  protected take(length: number, next: number): string {
    const { bytes, start } = this
    this.start = this.scanned = next
    // Many small messages in one chunk: when all are ASCII they become text together, in one go.
    if (this.#ascii === undefined && this.#borrowed && length < few && next < this.stop) this.#readAscii(start)
    if (this.#ascii) return this.#ascii.slice(start - this.#asciiStart, start - this.#asciiStart + length)
    // In a long one it is worth looking: ASCII is copied as it is.
    if (length >= few && isAscii(bytes.subarray(start, start + length))) return bytes.toString('latin1', start, start + length)
    const text = bytes.toString('utf8', start, start + length)
    // V8 knows whether a string is all Latin-1, and most messages are: then this costs nothing.
    const doubtful = text.includes('\ufffd')
    return doubtful && !isUtf8(bytes.subarray(start, start + length)) ? '\ufffd' : text
  }

  #readAscii(start: number): void {
    this.#asciiStart = start
    const rest = this.bytes.subarray(start, this.stop)
    this.#ascii = isAscii(rest) ? rest.toString('latin1') : ''
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

/**
 * Writes text as UTF-8. Returns how many bytes that were, or -1 if there was no room. Most texts take
 * a byte for each character; only where that fits and three for each would not is it worth counting.
 */
export function writeText(text: Text, into: Buffer, at: number): number {
  const room = into.length - at
  if (text.length > room) return -1
  if (3 * text.length > room && byteLength(text) > room) return -1
  if (typeof text === 'string') return into.write(text, at)
  let end = at + into.write(text.before, at)
  end += into.write(text.plain, end, 'latin1')
  return end + into.write(text.after, end) - at
}
