import { ContentLengthFramer } from './content-length.ts'
import { defaultLimits } from './framer.ts'
import type { Framer, FrameLimits } from './framer.ts'
import { NewlineFramer } from './newline.ts'
import type { Text } from './rope.ts'

/** The framings there are. `auto` is for servers: the first byte that comes tells which. */
export type Framing = 'content-length' | 'newline' | 'auto'

/** A framer for one connection. */
export function createFramer(framing: Framing, limits: FrameLimits = defaultLimits): Framer {
  if (framing === 'auto') return new AutoFramer(limits)
  return framing === 'newline' ? new NewlineFramer(limits) : new ContentLengthFramer(limits)
}

/** Waits for the first byte: JSON begins with a bracket, a header with the letter of its name. */
class AutoFramer implements Framer {
  readonly #limits: FrameLimits
  #chosen: Framer | undefined

  constructor(limits: FrameLimits) {
    this.#limits = limits
  }

  push(chunk: Uint8Array, length = chunk.length): void {
    if (this.#chosen) return this.#chosen.push(chunk, length)
    if (length === 0) return
    const first = chunk[0]!
    const json = '{[ \t\r\n'.includes(String.fromCharCode(first))
    this.#chosen = createFramer(json ? 'newline' : 'content-length', this.#limits)
    this.#chosen.push(chunk, length)
  }

  next(): string | undefined {
    return this.#chosen?.next()
  }

  end(): void {
    this.#chosen?.end()
  }

  get partial(): boolean {
    return this.#chosen?.partial ?? false
  }

  get held(): number {
    return this.#chosen?.held ?? 0
  }

  frame(body: Text): string {
    return this.#writer.frame(body)
  }

  encode(body: Text, into: Buffer, at: number): number {
    return this.#writer.encode(body, into, at)
  }

  /** Who speaks before having been spoken to takes the usual one. */
  get #writer(): Framer {
    return (this.#chosen ??= createFramer('content-length', this.#limits))
  }
}
