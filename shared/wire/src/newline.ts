import { codes, FramingError } from './errors.ts'
import { BufferedFramer, writeText } from './framer.ts'
import type { Text } from './rope.ts'

const LF = 10
const CR = 13

/** One JSON text a line, ended by LF or CR LF; blank lines are passed over. */
export class NewlineFramer extends BufferedFramer {
  frame(body: Text): string {
    return `${body}\n`
  }

  encode(body: Text, into: Buffer, at: number): number {
    if (at >= into.length) return -1
    const length = writeText(body, into, at)
    if (length < 0 || at + length === into.length) return -1
    into[at + length] = LF
    return length + 1
  }

  protected read(): string | undefined {
    for (;;) {
      const end = this.#findLineEnd()
      if (end < 0) return undefined
      const length = end - this.start - (this.bytes[end - 1] === CR ? 1 : 0)
      const line = this.take(Math.max(0, length), end + 1)
      if (line.trim() !== '') return line
    }
  }

  #findLineEnd(): number {
    const { bytes, start, scanned, stop } = this
    // A view, because our own copy has room past `stop` that must not be searched.
    const found = bytes.subarray(scanned, stop).indexOf(LF)
    const end = found < 0 ? stop : scanned + found
    if (end - start > this.limits.body) {
      throw new FramingError(
        `a line is over the limit of ${this.limits.body} bytes`,
        codes.invalidRequest,
      )
    }
    this.scanned = end
    return found < 0 ? -1 : end
  }
}
