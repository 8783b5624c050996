import type { Framer } from '@rpc-steps/wire'

/** More would wait to be sent than the hard cap allows; or one message is larger than all of it. */
export class OverflowError extends Error {
  override readonly name = 'OverflowError'
  readonly code = 'ERR_OVERFLOW'
}

const slabSize = 64 * 1024
// All connections of a thread write their frames into one slab, one behind the other, and nothing is
// ever written twice in one place: whoever still holds a piece of it may keep that as long as needed.
let slab = Buffer.allocUnsafeSlow(slabSize)
let used = 0

// #region output
/**
 * Frames on their way out, as bytes. Those that are added one after the other lie side by side, so
 * what was sent in one turn leaves in one write.
 */
export class Output {
  readonly #framer: Framer
  #pieces: { bytes: Buffer; start: number; end: number }[] = []
  /** Bytes that wait: here, or with whoever took them and has not said that they have left. */
  held = 0
  /** Bytes that wait here. */
  ready = 0
  /** Bytes that have left, in all. */
  left = 0

  constructor(framer: Framer) {
    this.#framer = framer
  }

  /** Adds a message in its frame. */
  add(text: string): void {
    let bytes = slab
    let start = used
    let length = this.#framer.encode(text, bytes, start)
    if (length < 0) {
      // No character of a string takes more than three bytes; in most messages each takes one.
      for (let room = text.length + 64; length < 0; room += 2 * text.length) {
        start = 0
        bytes = Buffer.allocUnsafeSlow(Math.max(room, slabSize))
        length = this.#framer.encode(text, bytes, start)
      }
      if (bytes.length - length > slabSize - used) [slab, used] = [bytes, length]
    } else {
      used += length
    }
    this.held += length
    this.ready += length
    const last = this.#pieces.at(-1)
    if (last?.bytes === bytes && last.end === start) last.end += length
    else this.#pieces.push({ bytes, start, end: start + length })
  }

  /** What is to be written next, or undefined. Say `took` when it has left, all or in parts. */
  next(): Buffer | undefined {
    const piece = this.#pieces[0]
    if (!piece) return undefined
    const { bytes, start, end } = piece
    const stop = Math.min(end, start + slabSize)
    piece.start = stop
    this.ready -= stop - start
    if (stop === end) this.#pieces.shift()
    return bytes.subarray(start, stop)
  }

  /** `count` bytes of what was to be written have left. */
  took(count: number): void {
    this.held -= count
    this.left += count
  }
}
// #endregion
