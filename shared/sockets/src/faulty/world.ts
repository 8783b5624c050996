import { mulberry32, type Random } from './random.ts'
import { Timeline } from './timeline.ts'

/**
 * How often each thing goes wrong, from 0 (never) to 1 (always; three times out of four where the
 * program has to try again).
 */
export interface Faults {
  /** recv takes one byte although there are more. */
  readonly oneByteRead: number
  /** send takes only a part of what there is room for. */
  readonly shortWrite: number
  /** A call that may block returns EINTR instead, at once or after a part of the wait. */
  readonly interrupt: number
  /** A non-blocking call returns EAGAIN although it could have done something. */
  readonly again: number
  /** poll, epoll and kqueue report a non-blocking socket that is not ready. */
  readonly spurious: number
  /** accept returns EMFILE and leaves the connection in the queue. */
  readonly tooManyFiles: number
  /** A connection that the other side has closed is reported as HUP without IN. */
  readonly hangUpOnly: number
  /** A non-blocking connect is decided at once instead of returning EINPROGRESS. */
  readonly instantConnect: number
  /** An operation of a ring is done later than it could. */
  readonly late: number
  /** A receive of a ring that should go on ends. */
  readonly multishotEnds: number
  /** A connect is refused although somebody listens. Fatal, so 0 unless asked for. */
  readonly refuse: number
  /**
   * A send breaks its connection: some of the bytes arrive, then both ends are reset. Fatal, so 0
   * unless asked for.
   */
  readonly reset: number
}

/** What can be chosen about a faulty network. */
export interface FaultyOptions {
  /** Replaces some rates. `faults: 'none'` makes a network without any fault. */
  readonly faults?: Partial<Faults> | 'none'
  /** The longest that bytes are under way, in milliseconds of the network's clock. Default 1. */
  readonly latency?: number
  /** How many bytes a connection holds in one direction until send finds no room. Default 4096. */
  readonly bufferSize?: number
  /** How many file descriptors there are; the next one is EMFILE. Default 1024. */
  readonly descriptors?: number
  /** How many calls may follow each other with nothing happening. Default 1,000,000. */
  readonly patience?: number
}

const usual: Faults = {
  oneByteRead: 0.3,
  shortWrite: 0.3,
  interrupt: 0.1,
  again: 0.1,
  spurious: 0.1,
  tooManyFiles: 0.1,
  hangUpOnly: 0.5,
  instantConnect: 0.2,
  late: 0.3,
  multishotEnds: 0.1,
  refuse: 0,
  reset: 0,
}

const none = Object.fromEntries(Object.keys(usual).map((name) => [name, 0])) as unknown as Faults

/**
 * The highest rate of a fault after which a program has to try again, so that it gets on some time.
 * A limit to how many follow each other would be no good: a program that makes two kinds of calls
 * in turn could get the limit's free pass always for the same one.
 */
const HIGHEST_FAIR_RATE = 0.75

/** The clock, the dice and the settings that everything in one faulty network shares. */
export class World {
  readonly seed: number
  readonly random: Random
  readonly timeline = new Timeline()
  readonly latency: number
  readonly bufferSize: number
  readonly descriptors: number
  readonly patience: number
  readonly #faults: Faults

  constructor(seed: number, options: FaultyOptions) {
    this.seed = seed
    this.random = mulberry32(seed)
    this.#faults = options.faults === 'none' ? none : { ...usual, ...options.faults }
    this.latency = options.latency ?? 1
    this.bufferSize = options.bufferSize ?? 4096
    this.descriptors = options.descriptors ?? 1024
    this.patience = options.patience ?? 1_000_000
  }

  /** Throws a die: true with the given probability. */
  chance(probability: number): boolean {
    return this.random() < probability
  }

  /** Throws a die: a whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.random() * (high - low + 1))
  }

  /** Does this fault happen now? For one after which a program gets on all the same, or never. */
  fault(name: keyof Faults): boolean {
    return this.chance(this.#faults[name])
  }

  /** Does this fault happen now? For one after which a program has to try again. */
  fairFault(name: keyof Faults): boolean {
    return this.chance(Math.min(this.#faults[name], HIGHEST_FAIR_RATE))
  }

  /** An Error that names the seed. */
  error(message: string): FaultyNetworkError {
    return new FaultyNetworkError(`${message} (faulty network with seed ${this.seed})`)
  }
}

/** The program can never finish: it sleeps with nothing to wake it, or spins with nothing to do. */
export class FaultyNetworkError extends Error {
  override readonly name = 'FaultyNetworkError'
}
