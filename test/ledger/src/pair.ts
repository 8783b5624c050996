import { Duplex } from 'node:stream'

/** A connection without a kernel: what one end writes the other one reads, in this process, and its bytes are counted. */
export class Pair {
  bytes = 0
  readonly ends: readonly [Duplex, Duplex]

  constructor() {
    const count = (bytes: number) => (this.bytes += bytes)
    const [near, far] = [new End(count), new End(count)]
    near.other = far
    far.other = near
    this.ends = [near, far]
  }
}

class End extends Duplex {
  other!: End
  readonly #count: (bytes: number) => void
  /** Lets the other end write on. */
  #taken: (() => void) | undefined

  constructor(count: (bytes: number) => void) {
    super()
    this.#count = count
  }

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.#count(chunk.length)
    this.other.#taken = done
    this.other.push(chunk)
  }

  override _read(): void {
    const taken = this.#taken
    this.#taken = undefined
    taken?.()
  }

  override _final(done: () => void): void {
    this.other.push(null)
    done()
  }
}
