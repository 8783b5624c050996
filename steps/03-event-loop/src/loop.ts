import type { Clock } from '@rpc-steps/session'
import { syscalls as kernel } from '@rpc-steps/sockets'
import type { Syscalls } from '@rpc-steps/sockets'
import { trace } from '@rpc-steps/trace'
import { Jobs } from './jobs.ts'
import { READ, ReadyList, WRITE } from './selector.ts'
import type { Selector } from './selector.ts'
import { createSelector } from './selectors.ts'
import type { SelectorName } from './selectors.ts'
import { Timers } from './timers.ts'

/** Is told when its file descriptor is ready. */
export interface Watcher {
  /** There is something to read, or somebody to accept, or the end. */
  readable?(): void
  /** There is room to write, or a connect is decided. */
  writable?(): void
  /** One of the two has thrown. */
  failed(error: unknown): void
}

interface Watch {
  readonly watcher: Watcher
  interest: number
  /** The turn in which it was made. */
  readonly turn: number
}

/** What a loop is made with. */
export interface LoopOptions {
  /** The kernel; another one for tests. */
  syscalls?: Syscalls
  /** How to ask which sockets are ready. The best of the system by default. */
  selector?: SelectorName
  /** Gets what a callback has thrown. Default: one line on stderr. */
  onError?: (error: unknown) => void
}

/** Milliseconds of turns without a pause for Node, and of sleep without a look at its signals. */
const slice = 50
const longestSleep = 500
/** The longest time-out that fits a C int, in milliseconds. */
const longestWait = 0x7fffffff

/** One thread, many waits: knows who waits for what, and sleeps only when nobody is ready. */
export class Loop implements Clock {
  readonly syscalls: Syscalls
  /** For all that is received: whoever reads takes out what is needed before the next one reads. */
  readonly buffer = Buffer.allocUnsafeSlow(64 * 1024)

  readonly #selector: Selector
  readonly #onError: (error: unknown) => void
  readonly #watches = new Map<number, Watch>()
  readonly #timers = new Timers()
  readonly #deferred = new Jobs()
  readonly #beforeSleep = new Jobs()
  readonly #ready = new ReadyList()
  #turns = 0
  #stopped = false

  constructor({ syscalls = kernel, selector, onError = printError }: LoopOptions = {}) {
    this.syscalls = syscalls
    this.#selector = createSelector(syscalls, selector)
    this.#onError = onError
  }

  /** Tells `watcher` whenever `fd` is ready for what it is interested in: READ, WRITE, both, 0. */
  watch(fd: number, interest: number, watcher: Watcher): void {
    if (this.#watches.has(fd)) throw new Error(`fd ${fd} is being watched already`)
    this.#watches.set(fd, { watcher, interest: 0, turn: this.#turns })
    try {
      this.modify(fd, interest)
    } catch (error) {
      this.#watches.delete(fd)
      throw error
    }
  }

  /** Changes the interest in `fd`. */
  modify(fd: number, interest: number): void {
    const watch = this.#watches.get(fd)
    if (watch === undefined) throw new Error(`fd ${fd} is not being watched`)
    if (watch.interest === interest) return
    // The kernel reports hang-ups and errors even to those who ask for nothing, again and again.
    // So without interest there is no entry.
    if (watch.interest === 0) this.#selector.add(fd, interest)
    else if (interest === 0) this.#selector.remove(fd)
    else this.#selector.modify(fd, interest)
    watch.interest = interest
  }

  /** Ends the watch. To be called before `fd` is closed. */
  unwatch(fd: number): void {
    this.modify(fd, 0)
    this.#watches.delete(fd)
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
   * One turn: sleeps until something is ready, a timer is due, or `maxWait` milliseconds are
   * over, then does what there is to do. Returns false when a signal cut the sleep short.
   */
  turn(maxWait = Infinity): boolean {
    this.#beforeSleep.run(this.#onError) // of whoever came between two turns
    const undisturbed = this.#sleep(this.#timeToSleep(maxWait))
    this.#turns++
    const { made, length } = this.#timers
    const now = length > 0 ? this.syscalls.now() : 0
    this.#dispatch()
    // A timer that was made in this turn waits for the next, or one that always makes another
    // would keep the sockets from ever being looked at.
    for (let timer; (timer = this.#timers.take(now, made)) !== undefined; ) this.#run(timer.job)
    this.#deferred.run(this.#onError)
    this.#beforeSleep.run(this.#onError)
    return undisturbed
  }

  #dispatch(): void {
    const { fds, bits, length } = this.#ready
    for (let i = 0; i < length; i++) {
      const watch = this.#watches.get(fds[i]!)
      // Gone, by an earlier callback of this turn; or gone and its number given to a new socket.
      if (watch === undefined || watch.turn === this.#turns) continue
      try {
        if (bits[i]! & watch.interest & READ) watch.watcher.readable?.()
        // The interest may have gone meanwhile, and is 0 when the watch has ended.
        if (bits[i]! & watch.interest & WRITE) watch.watcher.writable?.()
      } catch (error) {
        this.#onError(error)
        watch.watcher.failed(error)
      }
    }
  }
  // #endregion

  #timeToSleep(maxWait: number): number {
    if (this.#deferred.length > 0 || this.#beforeSleep.length > 0) return 0
    let ms = maxWait
    if (this.#timers.length > 0) ms = Math.min(ms, this.#timers.next - this.syscalls.now())
    if (ms === Infinity) return -1
    // Up to a whole one: rounded down, the last fraction would be spent spinning.
    return Math.max(0, Math.min(Math.ceil(ms), longestWait))
  }

  #sleep(ms: number): boolean {
    if (!trace.on) return this.#selector.wait(ms, this.#ready)
    if (this.#selector.call === 'spin') return this.#spin(ms)
    trace.enter('kernel', this.#selector.call)
    try {
      return this.#selector.wait(ms, this.#ready)
    } finally {
      trace.leave('kernel', this.#selector.call)
    }
  }

  /** This one never sleeps, and says so once: a span a turn would be a thousand a millisecond. */
  #spin(ms: number): boolean {
    if (this.#turns === 0) trace.enter('run', 'spin')
    return this.#selector.wait(ms, this.#ready)
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
    const { length } = this.#deferred
    return this.#watches.size + this.#timers.length + length + this.#beforeSleep.length > 0
  }

  // #region run
  /**
   * Takes turns until nothing is left to wait for, or `stop` is called. The thread is ours
   * meanwhile: Node's own loop stands still, and with it promises, Node's timers and the
   * JavaScript side of signals. So it gets a moment now and then, and at once when a signal
   * has come.
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
  // #endregion

  /** Makes `run` return after the current turn. */
  stop(): void {
    this.#stopped = true
  }

  /** Gives back what the loop holds in the kernel. What it watches stays open. */
  close(): void {
    this.#selector.close()
  }
}

function printError(error: unknown): void {
  console.error(`a callback failed: ${(error as Error | null)?.stack ?? error}`)
}
