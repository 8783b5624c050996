import { Duplex } from 'node:stream'
import type { Side } from '@rpc-steps/course'
import { createFramer } from '@rpc-steps/wire'

/** What is on its way, one behind the other: a message, the end of the stream, or the news that it was cut off. */
export type Piece =
  | { kind: 'message'; bytes: Buffer; text: string; taken: (() => void) | undefined }
  | { kind: 'end' | 'cut' }

/** What is told of a channel. */
export interface ChannelEvents {
  /** It was written, and is on its way from there. */
  left(from: Side, text: string): void
  /** The same of the end of the stream, or of its loss. */
  ended(to: Side, came: boolean, kind: 'end' | 'cut'): void
  /** All of it has come; and what it says has been read. */
  came(to: Side, text: string): void
  read(to: Side, text: string): void
  /** Something waits to be read there, and nothing did before. */
  waits(to: Side): void
  /** Nobody reads there any more. */
  gone(to: Side): void
}

/** How much of what waits is read at once. */
export type Portion = 'one' | 'half' | 'all'

/** Two ends of a stream in memory. What one writes stays on its way until it is told to come. */
export class Channel {
  readonly ends: Readonly<Record<Side, Line>>
  readonly #events: ChannelEvents
  readonly #coming: Readonly<Record<Side, Piece[]>> = { client: [], server: [] }

  /** `tight`: a write is over when it has come. */
  constructor(events: ChannelEvents, tight: boolean) {
    this.#events = events
    const line = (from: Side, to: Side) => new Line((piece) => this.#leaves(from, to, piece), () => this.#gone(from), tight)
    this.ends = { client: line('client', 'server'), server: line('server', 'client') }
  }

  /** How many pieces are on their way to this side. */
  waiting(to: Side): number {
    return this.#coming[to].length
  }

  /** Whether what is next for this side can be cut in two. */
  divides(to: Side): boolean {
    const [first] = this.#coming[to]
    return first?.kind === 'message' && first.bytes.length > 1
  }

  #leaves(from: Side, to: Side, piece: Piece): void {
    const { destroyed } = this.ends[to]
    if (piece.kind === 'message') this.#events.left(from, piece.text)
    else if (!destroyed) this.#events.ended(to, false, piece.kind)
    if (destroyed) return taken(piece)
    const pieces = this.#coming[to]
    pieces.push(piece)
    if (pieces.length === 1) this.#events.waits(to)
  }

  #gone(to: Side): void {
    this.#events.gone(to)
    for (const piece of this.#coming[to].splice(0)) taken(piece)
  }

  /** Has this side read. */
  deliver(to: Side, portion: Portion): void {
    const [pieces, line] = [this.#coming[to], this.ends[to]]
    const [first] = pieces
    if (portion === 'half' && first?.kind === 'message') {
      const half = Math.floor(first.bytes.length / 2)
      pieces[0] = { ...first, bytes: first.bytes.subarray(half) }
      line.push(first.bytes.subarray(0, half))
      return this.#events.waits(to)
    }
    const read = pieces.splice(0, portion === 'all' ? pieces.length : 1)
    const messages = read.filter((piece) => piece.kind === 'message')
    for (const { text } of messages) this.#events.came(to, text)
    if (messages.length > 0) line.push(Buffer.concat(messages.map(({ bytes }) => bytes)))
    for (const { text } of messages) this.#events.read(to, text)
    for (const { kind } of read) {
      if (kind !== 'message') this.#events.ended(to, true, kind)
      if (kind === 'end') line.push(null)
      if (kind === 'cut') line.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
    }
    if (pieces.length > 0) this.#events.waits(to)
    for (const piece of read) taken(piece)
  }
}

function taken(piece: Piece): void {
  if (piece.kind === 'message') piece.taken?.()
}

/** One of the two ends: any Duplex will do for a peer, and this one hands on whole messages. */
class Line extends Duplex {
  readonly #send: (piece: Piece) => void
  readonly #gone: () => void
  readonly #tight: boolean
  readonly #framer = createFramer('content-length')
  #ended = false

  constructor(send: (piece: Piece) => void, gone: () => void, tight: boolean) {
    super()
    this.#send = send
    this.#gone = gone
    this.#tight = tight
  }

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.#framer.push(chunk)
    const texts: string[] = []
    for (let text; (text = this.#framer.next()) !== undefined; ) texts.push(text)
    for (const [i, text] of texts.entries()) {
      const taken = this.#tight && i === texts.length - 1 ? done : undefined
      this.#send({ kind: 'message', bytes: Buffer.from(this.#framer.frame(text)), text, taken })
    }
    if (!this.#tight || texts.length === 0) done()
  }

  override _read(): void {}

  override _final(done: () => void): void {
    this.#ended = true
    this.#send({ kind: 'end' })
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#gone()
    if (!this.#ended) this.#send({ kind: 'cut' })
    done(error)
  }
}
