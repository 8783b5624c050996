const pageSize = 4096

/** Addresses for the memory of the program: what lies there is found when it is needed, as it is then. */
export class Memories {
  readonly #starts = new Map<ArrayBufferLike, number>()
  readonly #all: { readonly start: number; readonly buffer: ArrayBufferLike }[] = []
  // Far enough up that an address needs more than 32 bits.
  #next = 2 ** 40

  addressOf({ buffer, byteOffset }: Uint8Array): number {
    let start = this.#starts.get(buffer)
    if (start === undefined) {
      start = this.#next
      this.#next += Math.ceil(buffer.byteLength / pageSize) * pageSize + pageSize
      this.#starts.set(buffer, start)
      this.#all.push({ start, buffer })
    }
    return start + byteOffset
  }

  /** The bytes at an address. Throws RangeError where there is no memory. */
  at(address: number, length: number): Uint8Array {
    const found = this.#all.findLast(({ start }) => start <= address)
    if (!found) throw new RangeError(`there is no memory at ${address}`)
    return new Uint8Array(found.buffer, address - found.start, length)
  }
}
