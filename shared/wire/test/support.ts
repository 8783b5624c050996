import { Inbox } from '../src/index.ts'
import type { Framer, MessageLimits, Reply, Request, Respond } from '../src/index.ts'

/**
 * Pushes chunks and takes the messages that each one completes. Each chunk is lent: once `next`
 * has nothing more, its memory is overwritten, as a reused receive buffer would be.
 */
export function feed(framer: Framer, ...chunks: readonly (string | Uint8Array)[]): string[] {
  const messages: string[] = []
  for (const chunk of chunks) {
    const lent = Buffer.from(chunk)
    framer.push(lent)
    for (;;) {
      const message = framer.next()
      if (message === undefined) break
      messages.push(message)
    }
    lent.fill('!')
  }
  return messages
}

/** Cuts bytes at the given places, in any order. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [0, ...places.toSorted((a, b) => a - b), bytes.length]
  return sorted.slice(1).map((end, i) => bytes.subarray(sorted[i], end))
}

/** What a function throws, or undefined. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

function timed(work: () => void): number {
  const began = performance.now()
  work()
  return performance.now() - began
}

/**
 * How many times as long one piece of work takes as another. Each counts with its best of several
 * tries, which end when the ratio is below `enough`, so that what else this machine does hardly counts.
 */
export function ratio(work: () => void, unit: () => void, enough: number): number {
  let fastest = Math.min(...Array.from({ length: 5 }, () => timed(unit)))
  let best = Infinity
  for (let tries = 0; tries < 100 && best >= enough * fastest; tries++) {
    best = Math.min(best, timed(work))
    fastest = Math.min(fastest, timed(unit))
  }
  return best / fastest
}

/** An inbox that remembers what happened to it. */
export class Recorder {
  readonly inbox: Inbox
  readonly requests: Request[] = []
  readonly responds: Respond[] = []
  readonly replies: Reply[] = []
  readonly incidents: string[] = []
  /** The texts sent, taken apart. */
  readonly sent: unknown[] = []
  readonly #handle: (request: Request, respond: Respond) => void

  readonly #room: number

  constructor(
    handle: (request: Request, respond: Respond) => void = () => {},
    limits: Partial<MessageLimits> = {},
    room = Infinity,
  ) {
    this.#handle = handle
    this.#room = room
    this.inbox = new Inbox(this, limits)
  }

  receive(...messages: readonly unknown[]): this {
    for (const message of messages) {
      this.inbox.receive(typeof message === 'string' ? message : JSON.stringify(message))
    }
    return this
  }

  request(request: Request, respond: Respond): void {
    this.requests.push(request)
    this.responds.push(respond)
    this.#handle(request, respond)
  }

  reply(reply: Reply): void {
    this.replies.push(reply)
  }

  send(text: string): void {
    if (text.length > this.#room) throw new Error('too large')
    this.sent.push(JSON.parse(text))
  }

  internalError(report: string): void {
    this.incidents.push(report)
  }
}

/** A request as it comes. */
export function ask(id: unknown, method = 'ask', params?: unknown): object {
  return { jsonrpc: '2.0', method, params, id }
}

/** An error reply as it is sent. */
export function failure(id: unknown, code: number, message: string, data?: unknown): object {
  return { jsonrpc: '2.0', error: data === undefined ? { code, message } : { code, message, data }, id }
}
