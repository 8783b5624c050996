import type { Duplex } from 'node:stream'

/** One of the two ends of a connection. */
export type Side = 'client' | 'server'

/** What a step's `orders.ts` exports by default: what is played in every order. */
export type Scenarios = readonly Scenario[]

/** Two ends, and what they do; when each thing happens is left open. */
export interface Scenario {
  /** What meets what, in a few words. */
  name: string
  /** A write is over only when the other end has read it. So an output is full early. */
  tight?: true
  /** A message can come in two halves. */
  halves?: true
  /** Makes both ends, and says what is to happen. Called anew for each order. */
  play(stage: Stage): void
}

/** What an end is made with: time that is played, and no limit of time of its own. */
export interface EndOptions {
  clock: PlayedClock
  /** Whatever an end complains of is a fault. */
  log: (line: string) => void
  frameTimeout: number
  sendTimeout: number
  grace: number
  linger: number
}

/** The time of one end. What each clock shows has nothing to do with what the other one shows. */
export interface PlayedClock {
  /** Milliseconds since some moment; never goes back. */
  now(): number
  /** Has the job done in so many milliseconds, or later. Returns what takes that back. */
  after(ms: number, job: () => void): () => void
}

/** What has to be known of an end. */
export interface End {
  readonly state: string
  readonly stats: Readonly<Record<string, number>>
  readonly closed: Promise<unknown>
  /** Finishes what is in flight, then ends. */
  close(): unknown
  /** Ends it now. */
  destroy(): void
}

/** What is expected of a call, beside that it has one outcome. */
export interface Expected {
  /** Its result; left out, its name. */
  result?: unknown
  /** Milliseconds after which it may end with -32008, and not before. */
  within?: number
  /** It may end with the reason of this one when that is aborted. */
  signal?: AbortSignal
  /** Codes of errors that are right at any time. */
  codes?: readonly number[]
}

/** What a scenario is told with. Everything that it names happens at a moment that the search chooses. */
export interface Stage {
  readonly clocks: Readonly<Record<Side, PlayedClock>>
  /** Makes one end of the connection. */
  end<E extends End>(side: Side, make: (stream: Duplex, options: EndOptions) => E): E
  /** The client makes a call. Its request is the only one with its name, which is its method. */
  call(name: string, make: () => Promise<unknown>, expected?: Expected): void
  /** The handler of this call has been run, and works. Resolves when it is done, whether it was told to stop or not. */
  works(name: string, signal?: AbortSignal): Promise<void>
  /** Something that happens some time. Resolves when it does. */
  happens(side: Side, what: string): Promise<void>
  /** Something that happens some time, or never. */
  may(side: Side, what: string, job: () => void): void
  /** A signal that may be aborted while somebody waits for a call with it. */
  signal(what: string): AbortSignal
  /** This side may close, in good order. */
  mayClose(side: Side): void
  /** The connection may be lost: this side finds out at once, the other one later. */
  mayCut(side: Side): void
  /** What must be so after each event: `look` says what is wrong, if something is. */
  always(rule: string, look: () => string | undefined): void
  /** What must be 0 when nothing is in flight. */
  nothing(what: string, count: () => number): void
}
