import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

/** A reader whose pause can be changed while it reads, and that can be told to stop. */
export class Live {
  #ms: number
  #changed = new AbortController()
  #stopped = false
  readonly #readers = new Set<AsyncIterator<unknown>>()

  /** `ms`: how long it pauses before it takes the next item. */
  constructor(ms: number) {
    this.#ms = ms
  }

  /**
   * Does what is typed: `stop`, or another pause, which `read` makes of a line. It says so on stderr if a line
   * is neither. That more may be typed, or that no more will be, keeps nobody waiting.
   */
  follow(input: typeof process.stdin, read: (line: string) => number): void {
    createInterface({ input }).on('line', (text) => {
      const line = text.trim()
      if (line === 'stop') return this.stop()
      if (line === '') return
      try {
        this.pause(read(line))
      } catch (error) {
        console.error(`type stop, or the pause, which ${(error as Error).message}`)
      }
    })
    // A terminal that is gone says no more. A file has no `unref`, and comes to its end by itself.
    input.on('error', () => {})
    input.unref?.()
  }

  /** The pause from now on, also of the one that is under way. */
  pause(ms: number): void {
    this.#ms = ms
    this.#wake()
  }

  /** Breaks off all that is read, and what somebody begins to read later. */
  stop(): void {
    this.#stopped = true
    for (const reader of this.#readers) void reader.return?.()
    this.#wake()
  }

  /** The items, at this pace. */
  async *of<T>(items: AsyncIterable<T>): AsyncGenerator<T, void> {
    if (this.#stopped) return
    const reader = items[Symbol.asyncIterator]()
    this.#readers.add(reader)
    try {
      for await (const item of { [Symbol.asyncIterator]: () => reader }) {
        yield item
        await this.#rest()
        if (this.#stopped) break
      }
    } finally {
      this.#readers.delete(reader)
    }
  }

  async #rest(): Promise<void> {
    const began = performance.now()
    for (let left; (left = began + this.#ms - performance.now()) > 0 && !this.#stopped; ) {
      await delay(left, undefined, { signal: this.#changed.signal }).catch(() => {})
    }
  }

  #wake(): void {
    this.#changed.abort()
    this.#changed = new AbortController()
  }
}
