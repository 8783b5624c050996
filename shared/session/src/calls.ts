import { trace } from '@rpc-steps/trace'
import { DisconnectedError, notificationText, requestText, resultOf, withExtras } from '@rpc-steps/wire'
import type { Extras, Json, Params, Reply, Text } from '@rpc-steps/wire'
import type { Limits } from './limits.ts'
import type { Output } from './output.ts'

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
export interface Outgoing extends Readonly<CallExtras> {
  readonly id: number | undefined
  readonly method: string
  /** Let go of when it is written: a thousand in flight would be a thousand copies. */
  text: Text
  /** Characters of the text. */
  readonly size: number
  /** Undefined when the caller has given it up. */
  settle: Settle | undefined
}

/**
 * The calls of one end. *Waiting*: not written, in one queue with the notifications. *Unanswered*:
 * written, no reply has come, and its caller waits or has given up. *Settled*: in neither list.
 */
export class Calls {
  readonly #output: Output
  readonly #limits: Limits
  /** The client's port, for the trace. */
  readonly #label: number
  /** In the order in which they were made. From a Set, one in the middle can leave at no cost. */
  readonly #waiting = new Set<Outgoing>()
  readonly #unanswered = new Map<number, Outgoing>()
  #lastId = 0
  /** Characters of the calls that are unanswered. */
  #size = 0
  /** Calls whose callers wait. */
  pending = 0
  /** Calls that have had a reply, in all. */
  settled = 0
  /** Replies that nobody waits for: late, because their calls were given up, or mistaken. */
  unknownReplies = 0

  constructor(output: Output, limits: Limits, label: number) {
    this.#output = output
    this.#limits = limits
    this.#label = label
  }

  get waiting(): number {
    return this.#waiting.size
  }

  get unanswered(): number {
    return this.#unanswered.size
  }

  // #region say
  /** Throws OverflowError, TypeError if the parameters are no JSON. */
  call(method: string, params: Params | undefined, settle: Settle, more: CallExtras): Outgoing {
    // Ids count up and are never used again, so a late reply cannot meet another call.
    const id = ++this.#lastId
    const text = requestText(id, method, params)
    const { extras, sent } = more
    const call = { id, method, text, size: text.length, settle, extras, sent }
    this.#output.check(text)
    this.pending++
    trace.called(method, this.#label, id)
    this.#sayOrWait(call)
    return call
  }

  notify(method: string, params: Params | undefined, settle: Settle): void {
    const text = notificationText(method, params)
    const note = { id: undefined, method, text, size: text.length, settle, extras: undefined, sent: undefined }
    this.#output.check(text)
    // These speak of requests that are on the wire: a cancel must not queue behind calls that wait
    // for the room that it would make.
    if (method.startsWith('$/')) this.#write(note)
    else this.#sayOrWait(note)
  }

  #sayOrWait(message: Outgoing): void {
    if (this.#waiting.size === 0 && this.#hasRoom(message)) this.#write(message)
    else this.#waiting.add(message)
  }

  /** Writes what may be written, in the order in which it was said. */
  writeWaiting(): void {
    for (let next; (next = this.#first) && this.#hasRoom(next); ) {
      this.#waiting.delete(next)
      this.#write(next)
    }
  }

  get #first(): Outgoing | undefined {
    return this.#waiting.size > 0 ? this.#waiting.values().next().value : undefined
  }

  /** Room in the output and, for a call, in the window; if none is unanswered, one may be as large as it likes. */
  #hasRoom({ id, size }: Outgoing): boolean {
    if (this.#output.full) return false
    const { window, windowSize } = this.#limits
    const count = this.#unanswered.size
    return id === undefined || count === 0 || (count < window && this.#size + size <= windowSize)
  }

  #write(message: Outgoing): void {
    const { id, text } = message
    if (id === undefined) {
      this.#output.add(text)
      return message.settle?.(null)
    }
    this.#unanswered.set(id, message)
    this.#size += message.size
    message.text = ''
    trace.requestSent(this.#label, id)
    message.sent?.(id)
    this.#output.add(message.extras ? withExtras(text, message.extras()) : text)
  }
  // #endregion

  // #region settle
  /** A reply came: its call is taken out and settled in one act, so none is settled twice. */
  answered(reply: Reply): void {
    const id = reply.id ?? this.#onlyOne(reply)
    const call = typeof id === 'number' ? this.#unanswered.get(id) : undefined
    if (call) {
      this.#unanswered.delete(call.id!)
      this.#size -= call.size
      this.settled++
      trace.replyReceived(this.#label, call.id)
    }
    const settle = call?.settle
    if (!settle) return void this.unknownReplies++
    this.giveUp(call)
    let failed = null
    let result
    try {
      result = resultOf(reply)
    } catch (error) {
      failed = error as Error
    }
    settle(failed, result)
  }

  /** An error without an id is about a request that the other end could not read: ours, if there is but one. */
  #onlyOne({ error }: Reply): number | undefined {
    if (!error || this.#unanswered.size !== 1) return undefined
    return this.#unanswered.keys().next().value
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

  /** No reply can come any more, and nobody must be left waiting. */
  lose(cause: unknown): void {
    const [unanswered, waiting] = [[...this.#unanswered.values()], [...this.#waiting]]
    this.#unanswered.clear()
    this.#size = 0
    for (const [calls, sent] of [[unanswered, true], [waiting, false]] as const) {
      for (const call of calls) {
        const { settle } = call
        this.giveUp(call)
        settle?.(new DisconnectedError(undefined, { cause, sent }))
      }
    }
  }
  // #endregion
}
