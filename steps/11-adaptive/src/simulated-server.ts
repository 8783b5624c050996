import type { Backend } from '@rpc-steps/resilience/picking'
import type { Time } from './time.ts'

/** A server in simulated time: it works on so many requests at a time, and the others wait. */
export class SimulatedServer implements Backend {
  readonly name: string
  inFlight = 0
  #working = 0
  #taken = 0
  readonly #waiting: (() => void)[] = []
  readonly #time: Time
  readonly #workers: () => number
  readonly #takes: () => number

  /** `workers` says how many there are now, and `takes` how many milliseconds the next request takes. */
  constructor(name: string, time: Time, workers: () => number, takes: () => number) {
    this.name = name
    this.#time = time
    this.#workers = workers
    this.#takes = takes
  }

  /** Calls back when the request has been worked on. */
  ask(done: () => void): void {
    this.inFlight++
    this.#waiting.push(done)
    this.work()
  }

  /** Begins with as many as there are workers for. To be called as well when there are more of them. */
  work(): void {
    while (this.#working < this.#workers() && this.#taken < this.#waiting.length) {
      const done = this.#waiting[this.#taken++]!
      this.#working++
      this.#time.after(this.#takes(), () => {
        this.#working--
        this.inFlight--
        done()
        this.work()
      })
    }
    // What was taken stands there until it is much, because taking from the front of an array moves the rest.
    if (this.#taken < 1000) return
    this.#waiting.splice(0, this.#taken)
    this.#taken = 0
  }
}
