import { checkPattern, checkSize, checkSubject } from './broker.ts'
import type { Broker, Headers, Message, PublishOptions, Subscription } from './broker.ts'

/** Who has subscribed. */
interface Subscriber {
  readonly parts: readonly string[]
  readonly queue: string | undefined
  readonly hear: (message: Message) => void
}

/** How much it holds, and who is next. */
export interface InProcessOptions {
  /** Bytes of one message. Default 1 MiB, as NATS has it. */
  maxPayload?: number
  /** Messages on their way; what is published beyond is lost, as a broker loses what a slow reader does not take. Default 100,000. */
  pending?: number
  /** From 0 to 1, without 1. */
  random?: () => number
}

// #region in-process
/** A broker for one process: it needs no server, and reaches nobody else. */
export class InProcessBroker implements Broker {
  readonly up = true
  readonly maxPayload: number
  readonly #most: number
  readonly #random: () => number
  readonly #subscribers = new Set<Subscriber>()
  /** What is on its way, in the order in which it was published. */
  #pending: (() => void)[] = []
  #room: Promise<void> | undefined
  /** Messages that were lost so far. */
  lost = 0

  constructor({ maxPayload = 1024 * 1024, pending = 100_000, random = Math.random }: InProcessOptions = {}) {
    this.maxPayload = maxPayload
    this.#most = pending
    this.#random = random
  }

  publish(subject: string, text: string, { reply, headers }: PublishOptions = {}): void {
    checkSubject(subject)
    if (reply !== undefined) checkSubject(reply)
    const size = Buffer.byteLength(text)
    checkSize(size, headers, this.maxPayload)
    const to = this.#chosen(subject)
    const message = messageOf(subject, text, size, reply, headers)
    for (const { hear } of to) this.#send(() => hear(message))
    if (to.length > 0 || reply === undefined) return
    const nobody = { ...messageOf(reply, '', 0, undefined, undefined), nobody: true }
    for (const { hear } of this.#chosen(reply)) this.#send(() => hear(nobody))
  }

  subscribe(subject: string, listener: (message: Message) => void, { queue }: { queue?: string | undefined } = {}): Subscription {
    checkPattern(subject)
    const subscriber = { parts: subject.split('.'), queue, hear: listener }
    this.#subscribers.add(subscriber)
    return {
      end: () => {
        this.#subscribers.delete(subscriber)
        return this.flush()
      },
    }
  }

  /** All of those who are on their own, and one of each group. */
  #chosen(subject: string): Subscriber[] {
    const parts = subject.split('.')
    const groups = new Map<string, Subscriber[]>()
    const chosen: Subscriber[] = []
    for (const subscriber of this.#subscribers) {
      if (!matches(subscriber.parts, parts)) continue
      if (subscriber.queue === undefined) chosen.push(subscriber)
      else groups.set(subscriber.queue, [...(groups.get(subscriber.queue) ?? []), subscriber])
    }
    for (const group of groups.values()) chosen.push(group[Math.floor(this.#random() * group.length)]!)
    return chosen
  }

  /** Later, as over a network: who publishes is never called back while it does. */
  #send(deliver: () => void): void {
    if (this.#pending.length >= this.#most) this.lost++
    else this.#later(deliver)
  }

  #later(job: () => void): void {
    if (this.#pending.push(job) > 1) return
    setImmediate(() => {
      const all = this.#pending
      this.#pending = []
      for (const deliver of all) deliver()
    })
  }

  /** Who asks first publishes no more than is heard in time; only who does not ask loses anything. */
  get room(): Promise<void> | undefined {
    if (this.#pending.length < this.#most / 2) return undefined
    return (this.#room ??= this.flush().then(() => (this.#room = undefined)))
  }

  flush(): Promise<void> {
    return new Promise((resolve) => this.#later(resolve))
  }

  /** The connection of a process with itself is never lost. */
  onLost(): () => void {
    return () => {}
  }

  close(): Promise<void> {
    return this.flush()
  }
}
// #endregion

function matches(pattern: readonly string[], parts: readonly string[]): boolean {
  const rest = pattern.at(-1) === '>'
  if (rest ? parts.length < pattern.length : parts.length !== pattern.length) return false
  return pattern.every((part, i) => part === '*' || part === '>' || part === parts[i])
}

function messageOf(subject: string, text: string, size: number, reply: string | undefined, headers: Headers = {}): Message {
  const copy = new Map(Object.entries(headers))
  return { subject, reply, nobody: false, size, header: (name) => copy.get(name), text: () => text }
}
