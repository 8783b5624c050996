import { trace } from '@rpc-steps/trace'
import { codes, RpcError } from '@rpc-steps/wire'
import type { Params, Request, Respond } from '@rpc-steps/wire'
import type { Calls } from './calls.ts'
import type { Limits } from './limits.ts'
import { OverflowError } from './output.ts'
import type { Output } from './output.ts'

/** Hears a notification, and of how many characters its message is. Must not throw. */
export type Listener = (params: Params | null | undefined, size: number) => void

/** Sees a request when it is read, and may give another way to answer it. Must not throw. */
export type Watcher = (request: Request, respond: Respond) => Respond

/** Runs a request, of a message of so many characters; of those of a batch, the first has all. */
type Run = (request: Request, respond: Respond, size: number) => void

const unavailable = new RpcError(codes.unavailable, 'Closing', { status: 'UNAVAILABLE' })
const exhausted = new RpcError(codes.resourceExhausted, 'Too many requests', { status: 'RESOURCE_EXHAUSTED' })

/** The requests of the other end: which of them are run now, later, or not. */
export class Requests {
  readonly #output: Output
  readonly #calls: Calls
  readonly #limits: Limits
  readonly #label: number
  readonly #run: Run
  readonly #listeners = new Map<string, Listener>()
  readonly #watchers: Watcher[] = []
  #parked: { request: Request; respond: Respond; size: number }[] = []
  /** How many of the parked are requests, and their characters. */
  #count = 0
  #requestSize = 0
  /** Characters of the notifications, which no window of their sender bounds. */
  #noteSize = 0
  /** Characters of what was refused while the answers wait unread. */
  #refusedSize = 0
  /** Characters of the message that is being read. */
  size = 0
  /** The same, until a request of it was run: those of a batch have come as one message. */
  #whole = 0
  /** No new ones are taken. */
  closing = false

  constructor(
    output: Output,
    calls: Calls,
    limits: Limits,
    label: number,
    run: Run,
  ) {
    this.#output = output
    this.#calls = calls
    this.#limits = limits
    this.#label = label
    this.#run = run
  }

  listen(method: string, listener: Listener): void {
    this.#listeners.set(method, listener)
  }

  watch(watcher: Watcher): void {
    this.#watchers.push(watcher)
  }

  /** A message of so many characters has come. */
  begin(size: number): void {
    this.size = this.#whole = size
  }

  // #region take
  /** Throws OverflowError when the peer must be cut off. */
  take(request: Request, respond: Respond): void {
    const { method, id } = request
    if (id === undefined) {
      const listener = this.#listeners.get(method)
      if (listener || method.startsWith('$/')) return listener?.(request.params, this.size)
    } else {
      if (trace.on) respond = this.#traced(request, respond)
      if (this.#watchers.length > 0) respond = this.#watched(request, respond)
      if (this.closing) return respond(unavailable)
    }
    if (this.#output.full || this.#parked.length > 0) this.#park(request, respond)
    else {
      const size = this.#whole
      this.#whole = 0
      this.#run(request, respond, size)
    }
  }

  /**
   * Nothing is run whose answer could only wait. Who has asked that much and reads nothing is not
   * read either, unless it owes us a reply: two ends that do not read for each other wait for ever.
   * Then all we can do is to say that this is too much.
   */
  #park(request: Request, respond: Respond): void {
    const isNote = request.id === undefined
    if (this.#calls.unanswered > 0) {
      if (!isNote && this.#areTooMany) return respond(exhausted)
      if (isNote && this.#noteSize > this.#limits.hardCap) {
        throw new OverflowError('the peer does not read, and sends on')
      }
    }
    trace.queued(request.method, this.#label, request.id)
    this.#parked.push({ request, respond, size: this.size })
    this.#weigh(request, this.size, 1)
    this.size = 0 // the items of a batch have come as one message
  }

  #weigh({ id }: Request, size: number, sign: 1 | -1): void {
    if (id === undefined) this.#noteSize += sign * size
    else {
      this.#count += sign
      this.#requestSize += sign * size
    }
  }

  get #areTooMany(): boolean {
    return this.#count >= this.#limits.parked || this.#requestSize >= this.#limits.parkedSize
  }

  /** An answer was sent; while the output is full that can only be a refusal, which was not parked. */
  answered(): void {
    if (!this.#output.full) this.#refusedSize = 0
    else {
      this.#refusedSize += this.size
      this.size = 0
    }
  }

  /** Time to stop reading. */
  get isFull(): boolean {
    return this.#areTooMany || Math.max(this.#noteSize, this.#refusedSize) >= this.#limits.parkedSize
  }

  get parked(): number {
    return this.#parked.length
  }

  /** Runs what is parked, while there is room for answers. */
  runParked(): void {
    if (!this.#output.full) this.#refusedSize = 0
    for (let next; !this.#output.full && (next = this.#parked.shift()); ) {
      const { request, respond, size } = next
      this.#weigh(request, size, -1)
      trace.dequeued(request.method, this.#label, request.id)
      this.#run(request, respond, size)
    }
  }

  drop(): void {
    this.#parked = []
  }
  // #endregion

  #watched(request: Request, respond: Respond): Respond {
    let watched: Respond | undefined = respond
    for (const watcher of this.#watchers) watched = watcher(request, watched)
    if (watched === respond) return respond
    return (error, result) => {
      // A handler may go on after its request was ended: what it says then is no answer, and its id may have a new owner.
      const answer = watched ?? respond
      watched = undefined
      answer(error, result)
    }
  }

  #traced({ method, id }: Request, respond: Respond): Respond {
    trace.requestReceived(method, this.#label, id)
    return (error, result) => {
      respond(error, result)
      trace.replySent(method, this.#label, id)
    }
  }
}
