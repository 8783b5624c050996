import { RpcError } from '@rpc-steps/wire'
import type { Respond } from '@rpc-steps/wire'
import { isInbox } from './broker.ts'
import type { Broker, Message, Subscription } from './broker.ts'
import { newName } from './subjects.ts'

/** What is said of a worker to everybody. */
export interface ServiceOptions {
  /** Of the service. */
  name: string
  /** Where its requests go. */
  subject: string
  queue: string
}

const version = '13.0.0'

// #region service
/**
 * Answers whoever wants to know who is there (PING), what they serve (INFO) and how they are (STATS): the three
 * questions of NATS' services, for all of them, those of one name, and one alone. ADR-32 of nats-architecture-and-design.
 */
export class Service {
  readonly id = newName()
  readonly #options: ServiceOptions
  readonly #subscriptions: Subscription[] = []
  readonly #started = new Date().toISOString()
  #requests = 0
  #errors = 0
  #lastError = ''
  /** Milliseconds from arrival to answer, of all together. */
  #time = 0

  constructor(broker: Broker, options: ServiceOptions) {
    this.#options = options
    const { name } = options
    const answers = { PING: () => this.#about('ping'), INFO: () => this.#info(), STATS: () => this.#stats() }
    for (const [verb, answer] of Object.entries(answers)) {
      const hear = ({ reply }: Message) => {
        if (isInbox(reply) && broker.up) broker.publish(reply, JSON.stringify(answer()))
      }
      for (const subject of [`$SRV.${verb}`, `$SRV.${verb}.${name}`, `$SRV.${verb}.${name}.${this.id}`]) {
        this.#subscriptions.push(broker.subscribe(subject, hear))
      }
    }
  }

  /** Counts a request, and what comes of it. */
  counted(respond: Respond): Respond {
    const start = performance.now()
    this.#requests++
    return (error, result) => {
      this.#time += performance.now() - start
      if (error !== null && error !== undefined) {
        this.#errors++
        // Everybody may ask for it: what went wrong inside is for the log alone.
        this.#lastError = error instanceof RpcError ? error.message : 'Internal error'
      }
      respond(error, result)
    }
  }

  #about(what: 'ping' | 'info' | 'stats') {
    const { name } = this.#options
    return { type: `io.nats.micro.v1.${what}_response`, name, id: this.id, version, metadata: {} }
  }

  #endpoint() {
    const { subject, queue } = this.#options
    return { name: 'call', subject, queue_group: queue }
  }

  #info() {
    const description = 'JSON-RPC 2.0, a message in each payload'
    return { ...this.#about('info'), description, endpoints: [{ ...this.#endpoint(), metadata: {} }] }
  }

  #stats() {
    const nanoseconds = Math.round(this.#time * 1e6)
    const counts = {
      num_requests: this.#requests, num_errors: this.#errors, last_error: this.#lastError,
      processing_time: nanoseconds, average_processing_time: this.#requests === 0 ? 0 : Math.round(nanoseconds / this.#requests),
    }
    return { ...this.#about('stats'), started: this.#started, endpoints: [{ ...this.#endpoint(), ...counts }] }
  }

  async end(): Promise<void> {
    await Promise.all(this.#subscriptions.splice(0).map((subscription) => subscription.end()))
  }
}
// #endregion
