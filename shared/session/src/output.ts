import type { Framer, Text } from '@rpc-steps/wire'
import type { Limits } from './limits.ts'

/** More would wait to be sent than the hard cap allows; or one message is larger than all of it. */
export class OverflowError extends Error {
  override readonly name = 'OverflowError'
  readonly code = 'ERR_OVERFLOW'
}

const slabSize = 256 * 1024
const pieceSize = 64 * 1024
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
  readonly #limits: Limits
  /** The run of bytes that grows, and those before it. */
  #bytes = slab
  #start = 0
  #end = 0
  readonly #before: Buffer[] = []
  /** From going over the high-water mark until half of it has left. */
  full = false
  /** Bytes that wait: here, or with whoever took them and has not said that they have left. */
  held = 0
  /** Bytes that wait here. */
  ready = 0
  /** Bytes that have left, in all. */
  left = 0

  constructor(framer: Framer, limits: Limits) {
    this.#framer = framer
    this.#limits = limits
  }

  /** Throws OverflowError for a message that is too large by itself. */
  check({ length }: Text): void {
    const { hardCap } = this.#limits
    if (length <= hardCap) return
    throw new OverflowError(`a message of ${length} bytes or more; at most ${hardCap} may wait to be sent`)
  }

  /** True if a message would go over the hard cap, and the peer has not taken what is there already. */
  overflows({ length }: Text): boolean {
    return this.full && this.held + length > this.#limits.hardCap
  }

  /** Adds a message in its frame. */
  add(text: Text): void {
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
    if (this.held > this.#limits.highWater) this.full = true
    if (bytes !== this.#bytes || start !== this.#end) {
      if (this.#start < this.#end) this.#before.push(this.#bytes.subarray(this.#start, this.#end))
      this.#bytes = bytes
      this.#start = start
    }
    this.#end = start + length
  }

  /** What is to be written next, at most 64 KiB; undefined when there is nothing. */
  next(): Buffer | undefined {
    if (this.ready === 0) return undefined
    const [first] = this.#before
    const bytes = first ?? this.#bytes.subarray(this.#start, this.#end)
    const piece = bytes.length <= pieceSize ? bytes : bytes.subarray(0, pieceSize)
    if (!first) this.#start += piece.length
    else if (piece === first) this.#before.shift()
    else this.#before[0] = first.subarray(pieceSize)
    this.ready -= piece.length
    return piece
  }

  /** `count` bytes of what was to be written have left. */
  took(count: number): void {
    this.held -= count
    this.left += count
    if (this.held <= this.#limits.highWater / 2) this.full = false
  }
}
// #endregion
