import { codes, FramingError } from './errors.ts'
import { BufferedFramer, writeText } from './framer.ts'
import { byteLength } from './rope.ts'
import type { Text } from './rope.ts'

const LF = 10
const CR = 13
const COLON = 58
const ZERO = 48
const A = 65
const NAME = 'content-length'
const USUAL = Buffer.from('Content-Length: ')

/**
 * `Content-Length: N`, an empty line, then N bytes of JSON: the base protocol of LSP 3.17 and
 * of DAP. Header fields follow RFC 9110, section 5.
 */
export class ContentLengthFramer extends BufferedFramer {
  /** Bytes of this frame's header that were read; 0 between frames. */
  #headerBytes = 0
  #inBody = false
  /** What the header declares, -1 until it does. */
  #length = -1

  // #region content-length
  frame(body: Text): string {
    return `Content-Length: ${byteLength(body)}\r\n\r\n${body}`
  }

  encode(body: Text, into: Buffer, at: number): number {
    // The header tells the length of what follows, and how long the header is depends on that. So
    // the body is written first, where it will stand if it takes a byte for each character.
    const guess = headerLength(body.length)
    const length = at + guess > into.length ? -1 : writeText(body, into, at + guess)
    if (length < 0) return -1
    const header = headerLength(length)
    if (header > guess) {
      if (at + header + length > into.length) return -1
      into.copyWithin(at + header, at + guess, at + guess + length)
    }
    for (let i = 0; i < USUAL.length; i++) into[at + i] = USUAL[i]!
    let digit = at + header - 4
    into[digit] = into[digit + 2] = CR
    into[digit + 1] = into[digit + 3] = LF
    for (let rest = length; --digit >= at + USUAL.length; rest = Math.floor(rest / 10)) {
      into[digit] = ZERO + (rest % 10)
    }
    return header + length
  }

  protected read(): string | undefined {
    while (!this.#inBody) {
      if (this.#headerBytes === 0 && this.#readUsualHeader()) break
      const end = this.#findLineEnd()
      if (end < 0) return undefined
      if (end > this.start) this.#readLine(this.start, end)
      else this.#startBody()
      this.start = this.scanned = end + 2
    }
    if (this.held < this.#length) return undefined
    const body = this.take(this.#length, this.start + this.#length)
    this.#headerBytes = 0
    this.#inBody = false
    this.#length = -1
    return body
  }
  // #endregion

  protected override get missing(): number {
    return this.#inBody ? this.#length - this.held : Infinity
  }

  override get partial(): boolean {
    return this.#headerBytes > 0 || this.held > 0
  }

  // #region usual
  /**
   * Reads the header as nearly every peer writes it, in one go, when all of it is here. Anything
   * else, wrong or merely different, is left to the lines below; and so is one that drips in, or
   * each byte would be looked at again for the next.
   */
  #readUsualHeader(): boolean {
    const { bytes, start, stop } = this
    let at = start + USUAL.length
    if (this.scanned > start || at + 5 > stop) return false
    for (let i = 0; i < USUAL.length; i++) if (bytes[start + i] !== USUAL[i]) return false
    let length = bytes[at]! - ZERO
    if (!(length >= 0 && length <= 9)) return false
    for (let digit; (digit = bytes[++at]! - ZERO) >= 0 && digit <= 9; ) length = length * 10 + digit
    if (bytes[at] !== CR || bytes[at + 1] !== LF || bytes[at + 2] !== CR || bytes[at + 3] !== LF) return false
    const header = at + 4 - start
    if (at + 4 > stop || header > this.limits.header || length > this.limits.body) return false
    this.#headerBytes = header
    this.#length = length
    this.#inBody = true
    this.start = this.scanned = at + 4
    return true
  }
  // #endregion

  // #region header
  /** Where the line at `start` ends, or -1. Each byte is looked at once, however it drips in. */
  #findLineEnd(): number {
    const { bytes, start, stop } = this
    for (let at = this.scanned; at < stop; at++) {
      if (this.#headerBytes + at - start >= this.limits.header) {
        throw new FramingError(`the header is over the limit of ${this.limits.header} bytes`)
      }
      if (bytes[at] !== LF) continue
      if (at === start || bytes[at - 1] !== CR) {
        throw new FramingError('a header line must end in CR LF, this one ends in LF alone')
      }
      this.#headerBytes += at + 1 - start
      return at - 1
    }
    this.scanned = stop
    return -1
  }

  #readLine(start: number, end: number): void {
    const { bytes } = this
    for (let i = 0; i < NAME.length; i++) {
      const byte = bytes[start + i]!
      // `| 32` makes a capital small, but it would also make a hyphen of CR.
      const small = byte < A ? byte : byte | 32
      if (small !== NAME.charCodeAt(i)) return this.#readOther(start, end)
    }
    if (bytes[start + NAME.length] !== COLON) return this.#readOther(start, end)
    const length = this.#readNumber(start + NAME.length + 1, end)
    if (this.#length >= 0 && length !== this.#length) {
      throw new FramingError(`Content-Length is given as ${this.#length} and as ${length}`)
    }
    this.#length = length
  }

  #readNumber(start: number, end: number): number {
    const { bytes } = this
    while (start < end && isBlank(bytes[start]!)) start++
    while (end > start && isBlank(bytes[end - 1]!)) end--
    let length = start < end ? 0 : NaN
    for (let at = start; at < end; at++) {
      const digit = bytes[at]! - ZERO
      length = digit >= 0 && digit <= 9 ? length * 10 + digit : NaN
    }
    if (Number.isNaN(length)) {
      const value = bytes.toString('latin1', start, end)
      throw new FramingError(`Content-Length must be digits, not ${JSON.stringify(value)}`)
    }
    return length
  }
  // #endregion

  /** Any other header may stand there, but it must be one: `POST / HTTP/1.1` is not. */
  #readOther(start: number, end: number): void {
    const line = this.bytes.toString('latin1', start, end)
    const field = /^([!#$%&'*+.^_`|~\w-]+):(.*)$/s.exec(line)
    if (!field) throw new FramingError(`${JSON.stringify(line)} is not a header line (Name: value)`)
    const [, name = '', value = ''] = field
    const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(value)?.[1]
    if (name.toLowerCase() === 'content-type' && charset && !/^utf-?8$/i.test(charset)) {
      throw new FramingError(`the charset must be utf-8, not ${JSON.stringify(charset)}`)
    }
  }

  #startBody(): void {
    if (this.#length < 0) throw new FramingError('the header has no Content-Length')
    if (this.#length > this.limits.body) {
      throw new FramingError(
        `Content-Length ${this.#length} is over the limit of ${this.limits.body} bytes`,
        codes.invalidRequest,
      )
    }
    this.#inBody = true
  }
}

/** Bytes of the header of a body of so many bytes. */
function headerLength(body: number): number {
  let digits = 1
  for (let rest = body; rest >= 10; rest = Math.floor(rest / 10)) digits++
  return USUAL.length + digits + 4
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9
}
