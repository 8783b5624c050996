import { setTimeout as delay } from 'node:timers/promises'
import { AckPolicy, DiscardPolicy, JetStreamApiError, jetstream, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream'
import type { Consumer, JetStreamClient, JetStreamManager, JsMsg, StreamConfig } from '@nats-io/jetstream'
import { backoff } from '@rpc-steps/resilience'
import { codes, DisconnectedError, errorText, RpcError } from '@rpc-steps/wire'
import { checkSize, checkSubject } from './broker.ts'
import type { NatsBroker } from './nats.ts'
import { checkSame } from './store.ts'
import type { AskOptions, Job, Store, Taking } from './store.ts'
import { lastPart, usualSubject } from './subjects.ts'

/** How much is kept, and how long nobody hears of it. */
export interface JetStreamOptions {
  /** The name of the service. */
  subject?: string
  /** Milliseconds for which calls and answers are kept. Default a day. */
  keepMs?: number
  /** Milliseconds of silence after which a call is given to another worker. Default 5,000. */
  silenceMs?: number
  /** Calls that all workers together may have in hand. Default 1,000. */
  inHand?: number
}

/** Milliseconds in which a call must be stored; after that its caller is told that nobody knows. */
const patience = 30_000
/** Milliseconds after which it is looked whether an answer was missed. */
const lookEvery = 5_000
const nanoseconds = 1_000_000

/** Makes the streams of a service if they are not there. Rejects with RpcError -32014 if the server keeps nothing, or keeps something else under these names. */
export async function jetStreamStore(broker: NatsBroker, options: JetStreamOptions = {}): Promise<JetStreamStore> {
  const { subject = usualSubject, keepMs = 86_400_000, silenceMs = 5_000, inHand = 1_000 } = options
  checkSubject(subject)
  const names = namesOf(subject)
  try {
    const manager = await jetstreamManager(broker.connection)
    const common = { storage: StorageType.File, retention: RetentionPolicy.Limits, discard: DiscardPolicy.New, max_age: keepMs * nanoseconds }
    const streams: (Partial<StreamConfig> & { name: string })[] = [
      // What was answered stays: who asks again with the same key is known by it, also by a server that was restarted.
      { ...common, name: names.calls, subjects: [names.call('*')] },
      // Published once more when they are stored, and not before.
      { ...common, name: names.answers, subjects: [names.answer('*')], republish: { src: names.answer('*'), dest: names.stored('{{wildcard(1)}}') } },
      { ...common, name: names.buried, subjects: [names.dead('*')] },
    ]
    for (const stream of streams) await manager.streams.add(stream)
    // max_deliver is unlimited: at a limit the server would just stop, and the last one who had it is the one who cannot say why.
    await manager.consumers.add(names.calls, { durable_name: 'workers', ack_policy: AckPolicy.Explicit, ack_wait: silenceMs * nanoseconds, max_ack_pending: inHand })
    const client = jetstream(broker.connection)
    return new JetStreamStore(broker, names, client, manager, await client.consumers.get(names.calls, 'workers'))
  } catch (error) {
    const { name, message } = error as Error
    const how = name === 'JetStreamNotEnabled' ? 'it must be started with -js' : message
    throw new RpcError(codes.unavailable, `NATS does not keep calls: ${how}`, { status: 'UNAVAILABLE' })
  }
}

function namesOf(service: string) {
  const stream = service.replaceAll('.', '_')
  return {
    calls: `${stream}-calls`, answers: `${stream}-answers`, buried: `${stream}-buried`,
    call: (name: string) => `${service}.durable.call.${name}`,
    answer: (name: string) => `${service}.durable.answer.${name}`,
    stored: (name: string) => `${service}.durable.stored.${name}`,
    dead: (name: string) => `${service}.durable.dead.${name}`,
  }
}

// #region jetstream
/** Streams of NATS that are kept on disk. See `jetStreamStore`. */
export class JetStreamStore implements Store {
  readonly caveat = undefined
  readonly #broker: NatsBroker
  readonly #names: ReturnType<typeof namesOf>
  readonly #client: JetStreamClient
  readonly #manager: JetStreamManager
  readonly #consumer: Consumer
  /** A server that was killed may have forgotten what was put away just before. */
  #doubt = false

  constructor(broker: NatsBroker, names: ReturnType<typeof namesOf>, client: JetStreamClient, manager: JetStreamManager, consumer: Consumer) {
    this.#broker = broker
    this.#names = names
    this.#client = client
    this.#manager = manager
    this.#consumer = consumer
    broker.onLost(() => (this.#doubt = true))
  }

  /** Stores it unless there is something under this subject. Returns true if it is new. Rejects with RpcError if it is refused. */
  async #store(subject: string, text: string, headers?: Record<string, string>): Promise<boolean> {
    checkSize(Buffer.byteLength(text), { 'Nats-Msg-Id': subject, 'Nats-Expected-Last-Subject-Sequence': '0', ...headers }, this.#broker.maxPayload)
    try {
      // The id is known for two minutes, the last number of a subject as long as its message is kept.
      const { duplicate } = await this.#client.publish(subject, text, { msgID: lastPart(subject), expect: { lastSubjectSequence: 0 } })
      return !duplicate
    } catch (error) {
      // 503: it has just been started.
      if (!(error instanceof JetStreamApiError) || error.status === 503) throw error
      if (error.code === wrongLastSequence) return false
      throw new RpcError(codes.unavailable, `NATS has not stored it: ${error.message}`, { status: 'UNAVAILABLE' })
    }
  }

  /** What is stored under a subject. */
  async #stored(stream: string, subject: string): Promise<string | undefined> {
    const message = await this.#manager.streams.getMessage(stream, { last_by_subj: subject })
    return message?.string()
  }
  // #endregion

  // #region ask
  async ask(name: string, text: string, { kept, signal }: AskOptions = {}): Promise<string> {
    signal?.throwIfAborted()
    let onAnswer = (_: string) => {}
    const answered = new Promise<string>((resolve) => (onAnswer = resolve))
    // Before it is stored: the answer may come at once.
    const hearing = this.#broker.subscribe(this.#names.stored(name), (message) => onAnswer(message.text()))
    try {
      const isNew = await this.#keep(name, text, signal)
      kept?.()
      for (let look = !isNew; ; look = true) {
        const found = look ? await this.#look(name) : undefined
        if (found !== undefined) return found
        const answer = await this.#wait(answered, signal)
        if (answer !== undefined) return answer
      }
    } finally {
      void hearing.end()
    }
  }

  /** A broker that was gone for a moment may have it, and may not: storing it again does no harm. */
  async #keep(name: string, text: string, signal: AbortSignal | undefined): Promise<boolean> {
    const end = performance.now() + patience
    for (let failures = 1; ; failures++) {
      try {
        if (await this.#store(this.#names.call(name), text)) return true
        checkSame(text, await this.#stored(this.#names.calls, this.#names.call(name)))
        return false
      } catch (error) {
        if (error instanceof RpcError) throw error
        if (performance.now() > end) throw new DisconnectedError('it is not known whether the call is stored; with the same key it can be made again', { cause: error })
        await delay(backoff(failures, { cap: 1_000 }), undefined, { signal }).catch(() => signal!.throwIfAborted())
      }
    }
  }

  /** The answer, or undefined when it is time to look. */
  async #wait(answered: Promise<string>, signal: AbortSignal | undefined): Promise<string | undefined> {
    const enough = new AbortController()
    const signals = signal ? AbortSignal.any([signal, enough.signal]) : enough.signal
    const time = delay(lookEvery, undefined, { signal: signals }).catch(() => {})
    const answer = await Promise.race([answered, time])
    enough.abort()
    signal?.throwIfAborted()
    return answer ?? undefined
  }

  #look(name: string): Promise<string | undefined> {
    return this.#stored(this.#names.answers, this.#names.answer(name)).catch(() => undefined) // there will be another time
  }
  // #endregion

  // #region work
  async work(run: (job: Job) => Promise<void>, atOnce: number): Promise<Taking> {
    const left = { yet: false }
    const inHand = new Set<Promise<void>>()
    const begin = (message: JsMsg) => {
      const job = this.#job(message)
      if (left.yet) return job.again(0)
      const running = this.#run(run, job, message).finally(() => inHand.delete(running))
      inHand.add(running)
    }
    const taking = async () => {
      for (let failures = 0; !left.yet; ) {
        // Not more than can begin at once: what was handed out and waits here would count as worked on.
        const free = atOnce - inHand.size
        if (free === 0) await Promise.race(inHand)
        else if (this.#broker.up && (await this.#take(free, begin))) failures = 0
        else await delay(backoff(++failures, { cap: 1_000 }))
      }
    }
    const taken = taking()
    return {
      leave: async () => {
        left.yet = true
        await taken
        await Promise.all(inHand)
      },
    }
  }

  /** Takes so many, or what comes in a second. Returns false if that was not to be had. */
  async #take(count: number, begin: (message: JsMsg) => void): Promise<boolean> {
    try {
      const messages = await this.#consumer.fetch({ max_messages: count, expires: 1_000 })
      // A server that has gone in the middle says nothing any more.
      const enough = setTimeout(() => messages.stop(), 3_000)
      for await (const message of messages) begin(message)
      clearTimeout(enough)
      return true
    } catch {
      return false
    }
  }

  async #run(run: (job: Job) => Promise<void>, job: Job, message: JsMsg): Promise<void> {
    try {
      // Its worker may have ended between the answer and putting it away.
      if ((job.tries > 1 || this.#doubt) && (await this.#look(job.key)) !== undefined) return message.ack()
      await run(job)
    } catch {
      // It could not be stored. It was not put away either, so somebody gets it again.
    }
  }

  /** With the headers that it is stored with. */
  #fits(text: string): boolean {
    return Buffer.byteLength(text) + 512 <= this.#broker.maxPayload
  }

  #job(message: JsMsg): Job {
    const key = lastPart(message.subject)
    const text = message.string()
    const done = async (answer: string) => {
      await this.#store(this.#names.answer(key), this.#fits(answer) ? answer : tooLarge)
      message.ack()
    }
    return {
      key, text, done,
      tries: message.info.deliveryCount,
      alive: () => message.working(),
      again: (ms) => message.nak(Math.ceil(ms)),
      bury: async (reason, answer) => {
        const why = { reason: reason.slice(0, 1_000), tries: message.info.deliveryCount }
        const all = JSON.stringify({ ...why, call: text })
        await this.#store(this.#names.dead(key), this.#fits(all) ? all : JSON.stringify(why))
        await done(answer)
      },
    }
  }
  // #endregion
}

const tooLarge = errorText(1, new RpcError(codes.internalError, 'Internal error', 'the answer is too large to be stored'))

/** "wrong last sequence", err_code 10071 of nats-server. */
const wrongLastSequence = 10071
