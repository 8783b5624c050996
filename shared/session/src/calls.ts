import { trace } from '@rpc-steps/trace'
import { DisconnectedError, resultOf } from '@rpc-steps/wire'
import type { Extras, Json, Reply } from '@rpc-steps/wire'

/** Takes the outcome of a call or notification, error first; exactly once. Must not throw. */
export type Settle = (error: Error | null, result?: Json) => void

/** What may be said beside a call. */
export interface CallExtras {
  /** What rides beside the request, asked for when it is written: that may be late. */
  extras?: (() => Extras) | undefined
  /** It is being written. Never called for one that was given up while it waited. */
  sent?: ((id: number) => void) | undefined
}

/** A call of ours, or without an id a notification, that has no outcome yet. */
export interface Outgoing extends CallExtras {
  readonly id: number | undefined
  readonly method: string
  /** Let go of when it is written: a thousand of them in flight are a thousand copies. */
  text: string
  /** Characters of the text. */
  readonly size: number
  /** Undefined when the caller has given it up. */
  settle: Settle | undefined
}

// #region calls
/**
 * The calls of one end. *Waiting*: not written, in one queue with the notifications. *Unanswered*:
 * written, no reply has come, and its caller waits or has given up. *Settled*: in neither list. To
 * take a call out and to settle it is one act, so none is settled twice and none leaves a thing behind.
 */
export class Calls {
  /** In the order in which they were made. From a Set, one in the middle can leave at no cost. */
  readonly #waiting = new Set<Outgoing>()
  readonly #unanswered = new Map<number, Outgoing>()
  readonly #label: number
  #lastId = 0
  /** Characters of the calls that are unanswered. */
  size = 0
  /** Calls that have had a reply, in all. */
  settled = 0
  /** Calls whose callers wait. */
  pending = 0
  /** Replies that nobody waits for: late, because their calls were given up, or mistaken. */
  unknownReplies = 0

  constructor(label: number) {
    this.#label = label
  }

  /** Ids count up and are never used again, so a late reply cannot meet another call. */
  nextId(): number {
    return ++this.#lastId
  }

  get waiting(): number {
    return this.#waiting.size
  }

  get unanswered(): number {
    return this.#unanswered.size
  }

  /** The one whose turn it is. */
  get first(): Outgoing | undefined {
    return this.#waiting.values().next().value
  }

  /** A caller waits for it from now on. */
  begin({ id, method }: Outgoing): void {
    if (id === undefined) return
    this.pending++
    trace.called(method, this.#label, id)
  }

  wait(message: Outgoing): void {
    this.#waiting.add(message)
  }

  /** Takes out the one whose turn it is. */
  shift(message: Outgoing): void {
    this.#waiting.delete(message)
  }

  /** It is about to be written. Returns its text. */
  write(message: Outgoing): string {
    const { id, text } = message
    if (id === undefined) return text
    this.#unanswered.set(id, message)
    this.size += message.size
    message.text = ''
    trace.requestSent(this.#label, id)
    message.sent?.(id)
    const beside = message.extras && JSON.stringify(message.extras())
    return beside && beside !== '{}' ? `${text.slice(0, -1)},${beside.slice(1)}` : text
  }

  /**
   * Its caller waits no longer. What was not written never will be, and is gone; what was written
   * stays unanswered, because the other end is about to reply all the same. Returns which it was.
   */
  giveUp(message: Outgoing): boolean {
    const written = !this.#waiting.delete(message)
    if (message.settle === undefined) return false
    message.settle = undefined
    if (message.id === undefined) return false
    this.pending--
    trace.settled(message.method, this.#label, message.id)
    return written
  }

  /** A reply came. Returns false if nobody waits for it. */
  answered(reply: Reply): boolean {
    const id = reply.id ?? this.#onlyOne(reply)
    const call = typeof id === 'number' ? this.#unanswered.get(id) : undefined
    if (call) {
      this.#unanswered.delete(call.id!)
      this.size -= call.size
      this.settled++
      trace.replyReceived(this.#label, call.id)
      if (call.settle) return this.#settle(call, reply)
    }
    this.unknownReplies++
    return false
  }

  /** An error without an id is about a request that the other end could not read: ours, if there is but one. */
  #onlyOne({ error }: Reply): number | undefined {
    if (!error || this.#unanswered.size !== 1) return undefined
    return this.#unanswered.keys().next().value
  }

  #settle(call: Outgoing, reply: Reply): true {
    const settle = call.settle!
    this.giveUp(call)
    let failed = null
    let result
    try {
      result = resultOf(reply)
    } catch (error) {
      failed = error as Error
    }
    settle(failed, result)
    return true
  }

  /** No reply can come any more, and nobody must be left waiting. */
  lose(cause: unknown, message?: string): void {
    const unanswered = [...this.#unanswered.values()]
    const waiting = [...this.#waiting]
    this.#unanswered.clear()
    this.size = 0
    for (const [calls, sent] of [[unanswered, true], [waiting, false]] as const) {
      for (const call of calls) {
        const { settle } = call
        this.giveUp(call)
        settle?.(new DisconnectedError(message, { cause, sent }))
      }
    }
  }
}
// #endregion
