import type { Json } from '@rpc-steps/wire'
import type { Link } from './host.ts'
import type { Answer } from './service.ts'
import type { Streaming } from './streams.ts'

/** A request of the client's that wants an answer. */
export interface Call {
  readonly link: Link
  readonly id: unknown
  readonly method: string
  readonly params: unknown
  readonly meta: Readonly<Record<string, unknown>>
  /** What it is answered with; absent while it is not, and for ever if the manner says so. */
  answer?: Answer
  /** Of a stream: what has been sent of it. */
  items?: Json[]
}

/** What is answered with one message: a call, or the calls of a batch. */
export interface Unit {
  readonly link: Link
  readonly calls: readonly Call[]
  readonly batch: boolean
  /** How many units came before it, on any connection. */
  readonly nth: number
}

/** Bytes that are written at once, or a pause in milliseconds. */
export type Write = Buffer | number

/** How a server behaves that is right in all of it, or wrong on purpose. What is left out is done as simply as can be. */
export interface Manner {
  /** Another answer than that of the service. */
  answer?(call: Call, answer: Answer): Answer
  /** One reply as JSON. */
  json?(reply: Readonly<Record<string, unknown>>): string
  /** The messages that go out for a unit, whose reply is the text; instead of it alone. */
  messages?(unit: Unit, reply: string): string[]
  /** What stands before a body of so many bytes. */
  header?(bytes: number): string
  /** How what goes out together is written. */
  writes?(bytes: Buffer): Write[]
  /** Milliseconds before a unit is answered. */
  pause?(nth: number): number
  /** Waits until nothing more is asked, and answers then: the last first, or all in one write. */
  holds?: 'last first' | 'together'
  /** Puts the answers of a batch in the other order. */
  turnsBatches?: boolean
  /** Does something else with a connection instead of answering. */
  instead?(unit: Unit): Promise<void> | void
  /** How it sends the items of streams. */
  streaming?: Streaming
  /** As soon as somebody connects. */
  greets?(link: Link): void
  /** A notification of the client's. */
  hears?(link: Link, method: string, params: unknown): void
}

/** As simply as can be. It takes a moment, so that calls which are made at once can be told from those that wait for each other. */
export const kind: Manner = { pause: () => 20 }
