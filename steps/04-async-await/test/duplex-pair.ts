import { Duplex } from 'node:stream'

/** Two ends of an in-memory stream; what one writes waits until the other reads. */
export function duplexPair(): [Duplex, Duplex] {
  const ends: End[] = [new End(), new End()]
  ends[0]!.other = ends[1]!
  ends[1]!.other = ends[0]!
  return [ends[0]!, ends[1]!]
}

class End extends Duplex {
  other!: End
  #taken: (() => void) | undefined

  override _write(chunk: Buffer, _: string, done: () => void): void {
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
