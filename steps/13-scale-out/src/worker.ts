import { setImmediate as turnOver } from 'node:timers/promises'
import { systemClock } from '@rpc-steps/async-await'
import type { Clock, Handler, Request } from '@rpc-steps/async-await'
import { cancelled } from '@rpc-steps/deadlines'
import type { Door, Inside, Visitor } from '@rpc-steps/security'
import { run } from '@rpc-steps/standards'
import type { Running } from '@rpc-steps/standards'
import { hasStream, Held, Reader, usualWindow } from '@rpc-steps/streaming'
import type { Carrier } from '@rpc-steps/streaming'
import { codes, DisconnectedError, errorText, Inbox, notificationText, parse, RpcError } from '@rpc-steps/wire'
import type { Id, Meta, Respond, Text } from '@rpc-steps/wire'
import { isInbox } from './broker.ts'
import type { Broker, Message, Subscription } from './broker.ts'
import { Exchange } from './exchange.ts'
import { fromHeaders } from './headers.ts'
import { Service } from './service.ts'
import { newName, ownerOf, subjectsOf, usualSubject } from './subjects.ts'

/** How a worker is found. */
export interface WorkerOptions {
  /** The name of the service. */
  subject?: string
  /** Of those in the same group, one gets each request. */
  queue?: string
  /** Milliseconds from one sign of life to the next. Default 1,000. */
  beatMs?: number
  clock?: Clock
  /** What happened that nobody else is told. */
  log?: (line: string) => void
}

/** A request that was taken, until its answer leaves. */
interface Taken {
  readonly id: Id
  /** Where its caller hears of it; a notification has none. */
  readonly inbox: string | undefined
  /** Where it is spoken of here: a name that its caller alone is told. */
  readonly own: string
  readonly running: Running
  readonly exchange: Exchange | undefined
}

/** Whoever has the same inboxes is the same caller: what is counted for a connection elsewhere is counted for them. */
interface Caller {
  readonly visitor: Visitor
  readonly held: Held
  requests: number
}

function newCaller(owner: string): Caller {
  // The name of an inbox is as good as a key, so what is written down is not all of it.
  const from = owner.slice(0, 16)
  return { visitor: { from, address: from, isKnown: () => true }, held: new Held(), requests: 0 }
}

/** A way in for requests that come through a broker: one of `doors`. */
export function brokerDoor(broker: Broker, options: WorkerOptions = {}): (inside: Pick<Inside, 'handler'>) => Promise<Worker> {
  return async ({ handler }) => {
    const worker = new Worker(broker, handler, options)
    await broker.flush()
    return worker
  }
}

/** See `brokerDoor`. */
export class Worker implements Door {
  /** Not the one that everybody is told: who knows it may speak of what is in hand here. */
  readonly #name = newName()
  readonly #broker: Broker
  readonly #handler: Handler
  readonly #options: WorkerOptions
  readonly #subjects: ReturnType<typeof subjectsOf>
  /** By their own subjects, and by their callers'. */
  readonly #taken = new Map<string, Taken>()
  readonly #byInbox = new Map<string, Taken>()
  readonly #callers = new Map<string, Caller>()
  readonly #requests: Subscription
  readonly #others: Subscription[]
  readonly #service: Service
  readonly #stopHearing: () => void
  #stopBeating: () => void

  constructor(broker: Broker, handler: Handler, options: WorkerOptions) {
    const { subject = usualSubject, queue = 'workers' } = options
    this.#broker = broker
    this.#handler = handler
    this.#options = options
    this.#subjects = subjectsOf(subject)
    const { call, cancel, worker } = this.#subjects
    this.#others = [
      broker.subscribe(worker(this.#name, '*'), (message) => this.#hear(message)),
      broker.subscribe(cancel, (message) => this.#hearCancel(message)),
    ]
    this.#service = new Service(broker, { name: subject, subject: call, queue })
    this.#requests = broker.subscribe(call, (message) => this.#arrived(message), { queue })
    this.#stopHearing = broker.onLost(() => this.#endAll(new Gone('the connection to the broker was lost')))
    this.#stopBeating = this.#beat()
  }

  /** Requests that were taken and not answered. */
  get inFlight(): number {
    return this.#taken.size
  }

  // #region take
  #arrived(message: Message): void {
    const reply = isInbox(message.reply) ? message.reply : undefined
    let exchange: Exchange | undefined
    const send = (text: Text) => {
      // Who cannot be answered waits for nothing; and who could not be, as long as the connection is down, does not any more.
      if (reply === undefined || !this.#broker.up) return
      if (exchange) exchange.say(text)
      else this.#broker.publish(reply, String(text))
    }
    const { log: internalError = console.error } = this.#options
    const request = (request: Request, respond: Respond) => {
      try {
        exchange = this.#take(request, this.#service.counted(respond), message, reply)
      } catch (error) {
        respond(error)
      }
    }
    try {
      const text = message.text()
      // A message of a broker costs no more than an item of a batch, and each finds a worker of its own.
      if (/^\s*\[/.test(text)) throw new RpcError(codes.invalidRequest, 'Invalid Request', 'no batches here: one message, one request')
      new Inbox({ request, reply: () => {}, send, internalError }).receive(text)
    } catch (error) {
      send(errorText(null, error as RpcError))
    }
  }

  /** Throws RpcError for what is not to be run. */
  #take(given: Request, respond: Respond, message: Message, reply: string | undefined): Exchange | undefined {
    const request = fromHeaders(given, message)
    const { id, meta } = request
    const note = id === undefined
    if (!note && reply === undefined) return undefined // nothing is done for somebody who cannot hear of it
    if (!note && this.#byInbox.has(reply!)) throw new RpcError(codes.invalidRequest, 'Invalid Request', 'a request with this reply subject is in flight')
    const own = this.#subjects.worker(this.#name, newName())
    const abort = (error: Error) => running.abort(error)
    const streams = !note && hasStream(meta)
    const owner = reply === undefined ? '' : ownerOf(reply)
    const caller = this.#callers.get(owner) ?? newCaller(owner)
    const exchange = streams ? new Exchange({ broker: this.#broker, id, writes: 'down', own, to: reply!, held: caller.held, failed: abort }) : undefined
    const carrier = exchange && carrierOf(exchange, meta!)
    this.#callers.set(owner, caller)
    caller.requests++
    // Who asks is shown by a token alone.
    const running = run(this.#handler, request, { guest: { visitor: caller.visitor, principal: undefined }, size: message.size, carrier })
    const taken: Taken = { id: id ?? null, inbox: note ? undefined : reply, own, running, exchange }
    this.#taken.set(own, taken)
    if (!note) this.#byInbox.set(reply!, taken)
    exchange?.beat() // now its caller knows who has it
    const end = () => {
      this.#taken.delete(own)
      if (!note) this.#byInbox.delete(reply!)
      exchange?.reader?.fail(new Error('the request is answered'))
      if (--caller.requests === 0) this.#callers.delete(owner)
    }
    running.answer.then(
      (answer) => (end(), respond(null, answer)),
      (error: unknown) => {
        end()
        if (!(error instanceof Gone)) respond(error ?? new Error('the handler rejected with nothing'))
      },
    )
    return exchange
  }
  // #endregion

  // #region hear
  /** Something is said of a request that was taken: only its caller can know where. */
  #hear(message: Message): void {
    const taken = this.#taken.get(message.subject)
    if (!taken) return // it was on its way when it was answered
    if (message.nobody) return taken.running.abort(new Gone('the caller has gone'))
    if (message.reply === taken.inbox) this.#heard(taken, message)
  }

  #heard({ id, running, exchange }: Taken, message: Message): void {
    let content
    try {
      content = parse(message.text()) as { method?: unknown; params?: { id?: unknown } } | null
    } catch {
      return
    }
    const { method, params } = content ?? {}
    if (typeof method !== 'string' || params?.id !== id) return
    if (method === '$/cancelRequest') running.abort(cancelled())
    else exchange?.hear(method, params, message)
  }

  /** All workers hear it, and one of them has the request. */
  #hearCancel(message: Message): void {
    const taken = this.#byInbox.get(message.reply ?? '')
    if (taken) this.#heard(taken, message)
  }
  // #endregion

  /** Whoever waits for an answer hears that it is worked on; and if nobody hears it, this is found out here. */
  #beat(): () => void {
    const { beatMs = 1_000, clock = systemClock } = this.#options
    return clock.after(beatMs, () => {
      for (const { inbox, id, own, exchange } of this.#taken.values()) {
        if (exchange) exchange.beat()
        else if (inbox !== undefined && this.#broker.up) this.#broker.publish(inbox, String(notificationText('$/alive', { id })), { reply: own })
      }
      this.#stopBeating = this.#beat()
    })
  }

  #endAll(error: Error): void {
    for (const { running } of [...this.#taken.values()]) running.abort(error)
  }

  // #region leave
  async leave(): Promise<void> {
    await Promise.all([this.#requests.end(), this.#service.end()])
  }

  async close(): Promise<void> {
    await this.leave()
    const answers = [...this.#taken.values()].map(({ running }) => running.answer)
    // The answers that there are leave now; who has not come to an end by now does not do so any more.
    await Promise.race([Promise.allSettled(answers), turnOver()])
    this.#endAll(new RpcError(codes.internalError, 'The worker ends'))
    await Promise.allSettled(answers)
    this.#stopBeating()
    this.#stopHearing()
    await Promise.all(this.#others.map((subscription) => subscription.end()))
  }
  // #endregion
}

/** Nobody can hear the answer any more. */
class Gone extends DisconnectedError {}

/** Throws RpcError -32600. */
function carrierOf(exchange: Exchange, { credit, stream }: Meta): Carrier {
  if (stream) exchange.reader = new Reader(usualWindow, { grant: (credit) => exchange.grant(credit), stopped: () => {} })
  const writer = credit === undefined ? undefined : exchange.writes()
  writer?.granted(credit)
  return { reader: exchange.reader, writer }
}
