import { connect, Context, listen, RpcError } from '@rpc-steps/async-await'
import type { Answer, Clock, Handler, Json, Peer, PeerOptions, Request, Server } from '@rpc-steps/async-await'
import { onTestFinished } from 'vitest'

/** Time that goes when the test says so. */
export class FakeClock implements Clock {
  time = 0
  now(): number {
    return this.time
  }
  after(): () => void {
    return () => {}
  }
}

/** Handlers that end when the test says so. */
export class Stage {
  /** The requests that were begun, by their ids, in order. */
  readonly begun: unknown[] = []
  readonly #ends = new Map<unknown, { resolve(value: Json): void; reject(error: unknown): void }>()

  readonly handler: Handler = ({ id }) => {
    this.begun.push(id)
    return new Promise<Json>((resolve, reject) => this.#ends.set(id, { resolve, reject }))
  }

  async end(id: unknown, error?: Error): Promise<void> {
    const { resolve, reject } = this.#ends.get(id)!
    this.#ends.delete(id)
    if (error) reject(error)
    else resolve(`done ${id}`)
    await turn()
  }

  /** Ends all that has begun and whatever begins then. */
  async endAll(): Promise<void> {
    while (this.#ends.size > 0) for (const id of [...this.#ends.keys()]) await this.end(id)
  }
}

/** Lets every promise that can settle do so. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

export function request(id: number, priority?: number, method = 'x', params: Json[] = []): Request {
  return { jsonrpc: '2.0', id, method, params, ...(priority !== undefined && { meta: { priority } }) }
}

/** Somebody who asks. */
export function connection(): Peer {
  return { get: () => undefined, call: () => Promise.reject(new Error('nobody is there')) } as unknown as Peer
}

/** Asks a handler, and notes what comes: `done 1`, or the error's code or message. */
export function asker(handler: Handler) {
  const outcomes = new Map<number, unknown>()
  const ask = (id: number, { priority, peer }: { priority?: number; peer?: Peer } = {}) => {
    const context = new Context({ peer })
    const tell = (outcome: unknown) => void outcomes.set(id, outcome)
    const fail = (error: unknown) => tell(error instanceof RpcError ? error.code : (error as Error).message)
    try {
      const answer = handler(request(id, priority), context)
      if (typeof (answer as PromiseLike<Answer> | null)?.then === 'function') {
        ;(answer as PromiseLike<Answer>).then(tell, fail)
      } else tell(answer)
    } catch (error) {
      fail(error)
    }
    return context
  }
  return { ask, outcomes }
}

/** A server on loopback; it is closed when the test is over. */
export async function served(handler: Handler, options: PeerOptions = {}): Promise<Server> {
  const server = await listen(handler, { host: '127.0.0.1', port: 0 }, { grace: 500, ...options })
  onTestFinished(() => server.close())
  return server
}

export async function dial(server: { host: string; port: number }, options: PeerOptions = {}): Promise<Peer> {
  const peer = await connect(server, { grace: 500, ...options })
  onTestFinished(() => peer.destroy())
  return peer
}
