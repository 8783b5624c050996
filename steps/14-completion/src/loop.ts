import { Jobs, Timers } from '@rpc-steps/event-loop'
import type { Clock } from '@rpc-steps/session'
import { syscalls as kernel } from '@rpc-steps/sockets'
import type { Syscalls } from '@rpc-steps/sockets'
import { trace } from '@rpc-steps/trace'
import { Buffers } from './buffers.ts'
import type { BufferOptions } from './buffers.ts'
import { Rings } from './rings.ts'
import type { RingOptions } from './rings.ts'

/** What a loop is made with. */
export interface LoopOptions extends RingOptions, BufferOptions {
  /** The kernel; another one for tests. */
  syscalls?: Syscalls
  /** Gets what a callback has thrown. Default: one line on stderr. */
  onError?: (error: unknown) => void
}

/** Milliseconds of turns without a pause for Node, and of sleep without a look at its signals. */
const slice = 50
const longestSleep = 500

/** One thread, many waits: hands in what all of them want done, sleeps once, and tells each what was done. */
export class Loop implements Clock {
  readonly syscalls: Syscalls
  readonly rings: Rings
  /** For receives that go on: many small ones. */
  readonly buffers: Buffers
  /** For who sends much: few, so that they stay in the processor's cache. */
  readonly largeBuffers: Buffers

  readonly #onError: (error: unknown) => void
  readonly #timers = new Timers()
  readonly #deferred = new Jobs()
  readonly #beforeSleep = new Jobs()
  #stopped = false

  /** Throws an Error with the code ERR_NO_URING, one line, where there is no io_uring. */
  constructor({ syscalls = kernel, onError = printError, ...sizes }: LoopOptions = {}) {
    this.syscalls = syscalls
    this.#onError = onError
    this.rings = new Rings(syscalls, sizes)
    this.buffers = new Buffers(this.rings, syscalls, 0, sizes)
    this.largeBuffers = new Buffers(this.rings, syscalls, 1, { buffers: 8, bufferSize: 64 * 1024 })
  }

  /** Milliseconds on the clock that the loop goes by. */
  now(): number {
    return this.syscalls.now()
  }

  /** Does something once, `ms` milliseconds from now, in a later turn. Returns what takes that back. */
  after(ms: number, job: () => void): () => void {
    if (ms === Infinity) return () => {}
    const timer = this.#timers.add(this.now() + (ms > 0 ? ms : 0), job)
    return () => this.#timers.cancel(timer)
  }

  /** Does something at the end of this turn; from there, at the end of the next. */
  defer(job: () => void): void {
    this.#deferred.add(job)
  }

  /** Does something once, when all callbacks of this turn have run and the loop would sleep. */
  beforeSleep(job: () => void): void {
    this.#beforeSleep.add(job)
  }

  // #region turn
  /**
   * One turn: hands in what was written in the last one, sleeps until something has been done, a
   * timer is due, or `maxWait` milliseconds are over, then tells who waits for it. Returns false
   * when nothing was done: a signal, perhaps, that Node wants to know of.
   */
  turn(maxWait = Infinity): boolean {
    this.#beforeSleep.run(this.#onError) // of whoever came between two turns
    this.#sleep(this.#timeToSleep(maxWait))
    const { made, length } = this.#timers
    const now = length > 0 ? this.syscalls.now() : 0
    const done = this.rings.complete(this.#onError)
    // A timer that was made in this turn waits for the next, as in step 03.
    for (let timer; (timer = this.#timers.take(now, made)) !== undefined; ) this.#run(timer.job)
    this.#deferred.run(this.#onError)
    this.#beforeSleep.run(this.#onError)
    return done > 0
  }
  // #endregion

  #timeToSleep(maxWait: number): number {
    if (this.#deferred.length > 0 || this.#beforeSleep.length > 0) return 0
    let ms = maxWait
    if (this.#timers.length > 0) ms = Math.min(ms, this.#timers.next - this.syscalls.now())
    return ms === Infinity ? -1 : Math.max(0, ms)
  }

  #sleep(ms: number): void {
    if (!trace.on) return this.rings.enter(ms)
    trace.enter('kernel', 'io_uring_enter')
    try {
      this.rings.enter(ms)
    } finally {
      trace.leave('kernel', 'io_uring_enter')
    }
  }

  #run(job: () => void): void {
    try {
      job()
    } catch (error) {
      this.#onError(error)
    }
  }

  /** True while there is something to wait for. */
  get alive(): boolean {
    return this.rings.inFlight + this.#timers.length + this.#deferred.length + this.#beforeSleep.length > 0
  }

  /**
   * Takes turns until nothing is left to wait for, or `stop` is called. As in step 03 the thread is
   * ours meanwhile, so Node gets a moment now and then, and at once when nothing was done.
   */
  async run(): Promise<void> {
    this.#stopped = false
    while (this.alive && !this.#stopped) {
      const end = this.syscalls.now() + slice
      while (this.turn(longestSleep) && this.alive && !this.#stopped) {
        if (this.syscalls.now() > end) break
      }
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
  }

  /** Makes `run` return after the current turn. */
  stop(): void {
    this.#stopped = true
  }

  /** Gives back what the loop holds in the kernel, which ends all that is in flight. */
  close(): void {
    this.rings.close()
  }
}

function printError(error: unknown): void {
  console.error(`a callback failed: ${(error as Error | null)?.stack ?? error}`)
}
