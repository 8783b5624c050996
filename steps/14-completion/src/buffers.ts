import { BUFFER_SHIFT, check } from '@rpc-steps/sockets'
import type { Syscalls } from '@rpc-steps/sockets'
import type { Rings } from './rings.ts'

const pageSize = 4096

/** How much can be received before we have read any of it. */
export interface BufferOptions {
  /** How many buffers: a power of two. Default 256. */
  buffers?: number
  /** Bytes in each. Default 4 KiB. */
  bufferSize?: number
}

// #region buffers
/**
 * Buffers for all that is received. A connection that waits for bytes holds none of them: the kernel
 * takes one when bytes have come. Those that it may take are in a third ring, which only we write to.
 *
 * ```
 * struct io_uring_buf, 16 bytes: address (8), length (4), number (2), and in entry 0 the tail (2)
 * ```
 */
export class Buffers {
  readonly group: number
  readonly #memory: readonly Buffer[]
  readonly #addresses: readonly number[]
  readonly #ring: Int32Array
  readonly #halves: Uint16Array
  #tail = 0
  /** How many are with us, and not with the kernel. */
  out: number

  /** Throws SystemError where the kernel has no room. */
  constructor(rings: Rings, { uring }: Syscalls, group: number, { buffers = 256, bufferSize = 4 * 1024 }: BufferOptions = {}) {
    this.group = group
    const memory = Buffer.allocUnsafeSlow(buffers * bufferSize)
    this.#memory = Array.from({ length: buffers }, (_, i) => memory.subarray(i * bufferSize, (i + 1) * bufferSize))
    this.#addresses = this.#memory.map((buffer) => uring!.addressOf(buffer))
    const room = Buffer.allocUnsafeSlow(buffers * 16 + pageSize).fill(0)
    const start = -uring!.addressOf(room) & (pageSize - 1)
    this.#ring = new Int32Array(room.buffer, start, buffers * 4)
    this.#halves = new Uint16Array(room.buffer, start, buffers * 8)
    check(rings.provide(this.group, room.subarray(start, start + buffers * 16), buffers), 'io_uring_register')
    this.out = buffers
    for (let number = 0; number < buffers; number++) this.giveBack(number)
  }

  /** The number of the buffer that a completion with these flags has filled. */
  number(flags: number): number {
    return flags >>> BUFFER_SHIFT
  }

  /** Takes the buffer that a completion has filled, until it is given back. */
  take(number: number): Buffer {
    this.out++
    return this.#memory[number]!
  }

  /** Lets the kernel take a buffer again. */
  giveBack(number: number): void {
    const place = this.#tail & (this.#memory.length - 1)
    const address = this.#addresses[number]!
    this.#ring[place * 4] = address
    this.#ring[place * 4 + 1] = address / 2 ** 32
    this.#ring[place * 4 + 2] = this.#memory[number]!.length
    this.#halves[place * 8 + 6] = number
    this.#tail = (this.#tail + 1) & 0xffff
    Atomics.store(this.#halves, 7, this.#tail)
    this.out--
  }
}
// #endregion
