import { systemClock } from '@rpc-steps/async-await'
import type { Clock } from '@rpc-steps/async-await'
import { checkSame } from './store.ts'
import type { AskOptions, Job, Store, Taking } from './store.ts'

/** A call that is kept. */
interface Kept {
  readonly key: string
  readonly text: string
  tries: number
  answer: string | undefined
  readonly waiting: Set<(answer: string) => void>
}

/** A store in the memory of this process: it survives nobody. */
export class InProcessStore implements Store {
  readonly caveat = 'calls are kept in this process alone, and forgotten when it ends'
  readonly #clock: Clock
  readonly #calls = new Map<string, Kept>()
  readonly #ready: Kept[] = []
  /** Who waits for one, in order. */
  readonly #free = new Set<(kept?: Kept) => void>()
  /** What came to nothing, and why. */
  readonly buried: { key: string; text: string; reason: string }[] = []

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  async ask(key: string, text: string, { kept: told, signal }: AskOptions = {}): Promise<string> {
    signal?.throwIfAborted()
    let kept = this.#calls.get(key)
    checkSame(text, kept?.text)
    if (!kept) {
      kept = { key, text, tries: 0, answer: undefined, waiting: new Set() }
      this.#calls.set(key, kept)
      this.#give(kept)
    }
    told?.()
    signal?.throwIfAborted()
    if (kept.answer !== undefined) return kept.answer
    const { waiting } = kept
    return new Promise((resolve, reject) => {
      const answered = (answer: string) => {
        signal?.removeEventListener('abort', aborted)
        resolve(answer)
      }
      const aborted = () => {
        waiting.delete(answered)
        reject(signal!.reason as Error)
      }
      waiting.add(answered)
      signal?.addEventListener('abort', aborted, { once: true })
    })
  }

  #give(kept: Kept): void {
    const [next] = this.#free
    if (!next) return void this.#ready.push(kept)
    this.#free.delete(next)
    next(kept)
  }

  async work(run: (job: Job) => Promise<void>, atOnce: number): Promise<Taking> {
    const left = { yet: false }
    const own = new Set<(kept?: Kept) => void>()
    const next = () => new Promise<Kept | undefined>((resolve) => {
      const one = (kept?: Kept) => {
        own.delete(one)
        resolve(kept)
      }
      own.add(one)
      this.#free.add(one)
    })
    const loop = async () => {
      while (!left.yet) {
        const kept = this.#ready.shift() ?? await next()
        if (kept) await run(this.#job(kept)).catch(() => void this.#clock.after(1_000, () => this.#give(kept)))
      }
    }
    const loops = Array.from({ length: atOnce }, loop)
    return {
      leave: async () => {
        left.yet = true
        for (const one of own) {
          this.#free.delete(one) // nothing is to be given to who is not there
          one()
        }
        await Promise.all(loops)
      },
    }
  }

  #job(kept: Kept): Job {
    const { key, text, waiting } = kept
    const done = async (answer: string) => {
      kept.answer ??= answer
      for (const tell of waiting) tell(kept.answer)
      waiting.clear()
    }
    return {
      key, text, tries: ++kept.tries, done,
      alive: () => {},
      again: (ms) => void this.#clock.after(ms, () => this.#give(kept)),
      bury: async (reason, answer) => {
        this.buried.push({ key, text, reason })
        await done(answer)
      },
    }
  }
}
